# shellcheck shell=bash
#: usage: ./build.sh clean
#:
#: remove everything that was built and installed
#:
#: Deletes .venv, .tools, target, fuzz/target and fuzz/corpus-found.

run() {
  rm -rf .venv .tools target fuzz/target fuzz/corpus-found
  say "removed .venv, .tools, target, fuzz/target and fuzz/corpus-found"
}
