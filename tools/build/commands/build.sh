# shellcheck shell=bash
#: usage: ./build.sh build
#:
#: build everything that ./jitney needs, and print size and sha256
#:
#: Makes target/jitney.wasm, target/jitney-runner, a bill of materials, and .venv. ./jitney calls this by itself if the
#: build is missing or older than its sources.

run() {
  local file
  build
  for file in target/jitney.wasm target/jitney-runner; do
    say "$file: $(wc -c <"$file") bytes, sha256 $(sha256sum "$file" | cut -d' ' -f1)"
  done
}
