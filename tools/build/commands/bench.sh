# shellcheck shell=bash
#: usage: ./build.sh bench [PART…] [--rounds N]
#:
#: measure jitney beside a plain FastAPI endpoint: a table, plots, bench/results
#:
#: Parts: artifact parts cold-start turned-away floor own-share own-steps launched burst machine-floor limited-burst
#: first-step flood strangers growth imports clone. Without one, all of them are measured.

run() {
  build
  need_python bench
  exec .venv/bin/python -m bench "$@"
}
