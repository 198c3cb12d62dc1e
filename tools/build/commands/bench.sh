# shellcheck shell=bash
#: usage: ./build.sh bench [PART…] [--rounds N]
#:
#: measure jitney beside a plain FastAPI endpoint: tables, plots, bench/results
#:
#: Parts: own-steps launched burst machine-floor limited-burst simulated first-step clone cold-start idle turned-away flood
#: strangers own-share floor parts growth artifact imports. Without one, all of them are measured, and the tables of the
#: pages written.

run() {
  build
  need_python bench
  exec .venv/bin/python -m bench "$@"
}
