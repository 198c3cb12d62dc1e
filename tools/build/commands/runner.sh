# shellcheck shell=bash
#: usage: ./build.sh runner
#:
#: build target/jitney-runner only, the program that runs in sandboxes

run() {
  . tools/build/runner.sh
  build_runner
}
