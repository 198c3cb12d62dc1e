# shellcheck shell=bash
#: usage: ./build.sh build [--prebuilt]
#:
#: build everything that ./jitney needs, and print size and sha256
#:
#: Makes target/jitney.wasm, target/jitney-runner, a bill of materials, and .venv. ./jitney calls this by itself if the
#: build is missing or older than its sources.
#:
#: --prebuilt takes the two artifacts from a release instead of compiling, if their checksums are the pinned ones. It needs
#: no Rust. (There is no release yet.)

run() {
  local file
  if [ "${1:-}" = --prebuilt ]; then
    . tools/build/prebuilt.sh
    take_prebuilt
  else
    build
  fi
  for file in target/jitney.wasm target/jitney-runner; do
    say "$file: $(wc -c <"$file") bytes, sha256 $(sha256sum "$file" | cut -d' ' -f1)"
  done
}
