# shellcheck shell=bash
#: usage: ./build.sh bench [PART…] [--rounds N] [--keep]
#:
#: measure jitney beside a plain FastAPI endpoint: tables, plots, bench/results
#:
#: Parts: own-steps launched burst machine-floor limited-burst simulated first-step clone cold-start idle turned-away flood
#: strangers own-share floor parts growth artifact imports. Without one, all of them are measured, and the tables of the
#: pages written; with --keep, so are the rows of the parts that are named.

run() {
  build
  need_python bench
  exec .venv/bin/python -m bench "$@"
}
