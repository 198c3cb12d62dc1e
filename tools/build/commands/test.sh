# shellcheck shell=bash
#: usage: ./build.sh test [PYTEST ARGUMENTS]
#:
#: run every test, Rust's and Python's
#:
#: The arguments choose among Python's tests: Rust's run anyway.
#:
#: example:
#:   ./build.sh test -k launcher

. tools/build/chromium.sh

# The wasmtime CLI comes in a Python package without its run bit.
need_wasmtime() {
  [ -x .tools/bin/wasmtime ] && [ .tools/bin/wasmtime -nt requirements/test.txt ] && return
  mkdir -p .tools/bin
  cp .venv/lib/python3*/site-packages/wasmtime_cli/wasmtime .tools/bin/wasmtime
  chmod +x .tools/bin/wasmtime
}

run() {
  build
  need_python test
  need_wasmtime
  need_chromium
  cargo build --quiet --release --locked -p jitney-rogue --target wasm32-wasip2
  local failed=0
  cargo test --quiet --locked --workspace || failed=1
  # Every planted bug, asked of what noticed it the last time, so that a whole table takes seconds behind its one build.
  [ $# -gt 0 ] || cargo run --quiet --locked -p jitney-mutants -- planted --quick || failed=1
  # Most of Python's tests wait for something, so twice as many of them as there are cores run at once, file by file in the
  # order that tests/conftest.py gives them. What is chosen by hand runs one by one.
  local workers=()
  [ $# -gt 0 ] || workers=(-n "$(($(getconf _NPROCESSORS_ONLN) * 2))" --dist loadfile --no-loadscope-reorder)
  .venv/bin/python -m pytest ${workers[@]+"${workers[@]}"} "$@" || failed=1
  return "$failed"
}
