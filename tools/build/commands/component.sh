# shellcheck shell=bash
#: usage: ./build.sh component
#:
#: build target/jitney.wasm only

run() {
  . tools/build/component.sh
  build_component
}
