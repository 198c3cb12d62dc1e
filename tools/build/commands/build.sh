# shellcheck shell=bash
#: usage: ./build.sh build [--prebuilt|--for-demo]
#:
#: build everything that ./jitney needs, and print size and sha256
#:
#: Makes target/jitney.wasm, target/jitney-runner, a bill of materials, and .venv. ./jitney calls this by itself if the
#: build is missing or older than its sources.
#:
#: --prebuilt takes the two artifacts from a release instead of compiling, if their checksums are the pinned ones. It needs
#: no Rust. (There is no release yet.)
#:
#: --for-demo leaves out what runs in sandboxes at Modal. The demo and a replay do without it.

run() {
  local file files=(target/jitney.wasm target/jitney-runner)
  if [ "${1:-}" = --prebuilt ]; then
    . tools/build/prebuilt.sh
    take_prebuilt
  elif [ "${1:-}" = --for-demo ]; then
    build demo
    files=(target/jitney.wasm)
  else
    build
  fi
  for file in "${files[@]}"; do
    say "$file: $(wc -c <"$file") bytes, sha256 $(sha256sum "$file" | cut -d' ' -f1)"
  done
}
