# shellcheck shell=bash
#: usage: ./build.sh bench [ARGUMENTS]
#:
#: measure jitney beside a plain FastAPI endpoint: a table, plots, bench/results

run() {
  build
  need_python bench
  exec .venv/bin/python -m bench "$@"
}
