#!/usr/bin/env bash
# The one entry: builds the component, serves, demonstrates, replays, tests, lints. See `./build.sh help`.
# All that it installs stays inside the checkout: .venv, .tools, target. What few commands need is in tools/build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

say() { printf 'build.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

usage() {
  cat <<'TEXT'
usage: ./build.sh [COMMAND] [ARGUMENTS]

  build      builds target/jitney.wasm and target/jitney-runner, and prints size and sha256 (the default)
  component  builds target/jitney.wasm and nothing that the host needs
  runner     builds target/jitney-runner, which runs in sandboxes
  demo       the main job from end to end on this machine, with no account
  setup      from nothing to a working installation, step by step
  teardown   removes all that setup made, and shows that nothing is left
  serve      the endpoint on this machine       ./build.sh serve --port 8080 --launcher local
  doctor     looks at settings, credential, permissions, webhook and Modal
  explain    the story of one job, and what it waits for
                                                ./build.sh explain https://github.com/O/R/actions/runs/1/job/2
  cost       what sandboxes cost               ./build.sh cost --since 7d --by repository
  replay     decides on one delivery again      ./build.sh replay --unsigned --event ping tests/payloads/ping.json
  simulate   the core against a GitHub and a Modal that fail at random
                                                ./build.sh simulate --seeds 1000 --jobs 100
  fuzz       the core under libFuzzer, the component under mutations
                                                ./build.sh fuzz delivery --seconds 60
  mutants    bugs planted in copies of the code, and which of them nothing notices
                                                ./build.sh mutants planted --quick
  bench      jitney beside a plain FastAPI endpoint: a table, plots, bench/results
  test       every test                         ./build.sh test -k launcher
  lint       every linter
  completion names the commands to a shell      source <(./build.sh completion bash)
  clean      removes all that was built and installed
  help       this text
TEXT
}

find_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      printf '%s' "$name"
      return
    fi
  done
  die "no Python 3.11 or newer was found; install one"
}

# The venv holds the packages of requirements/$1.txt, and a stamp that says so.
need_python() {
  local list="requirements/$1.txt" stamp=".venv/.installed-$1" sum
  sum=$(cksum "$list")
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ] && return
  if [ ! -x .venv/bin/python ]; then
    local python
    python=$(find_python)
    say "making .venv"
    "$python" -m venv .venv || die "$python cannot make a venv; on Debian install the package python3-venv"
  fi
  say "installing $list into .venv"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$list" ||
    die "the Python packages could not be installed; is the package index reachable?"
  printf '%s' "$sum" >"$stamp"
}

need_rust() {
  command -v cargo >/dev/null || die "cargo was not found; install Rust with rustup"
  local platform=${1:-wasm32-wasip2}
  [ -d "$(rustc --print sysroot)/lib/rustlib/$platform" ] && return
  command -v rustup >/dev/null ||
    die "Rust's standard library for $platform is missing, and so is rustup; install Rust with rustup"
  say "installing Rust's standard library for $platform"
  rustup target add "$platform" ||
    die "rustup could not install $platform; run 'rustup target add $platform' where there is a network"
}

# Paths of this machine do not enter what is built.
remap() {
  printf '%s' "--remap-path-prefix=$PWD=/jitney"$'\x1f'"--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
}

# Cargo and pip run what others wrote: build scripts, macros, installers. None of that is to see a setting.
forget_settings() {
  local name
  for name in $(sed -nE 's/^    ([A-Z][A-Z_]+): .*/\1/p' src/settings/table.rs) MODAL_TOKEN_ID MODAL_TOKEN_SECRET; do
    unset "$name"
  done
}

build() {
  . tools/build/component.sh
  build_component
  . tools/build/runner.sh
  build_runner
  need_python host
  .venv/bin/python tools/sbom.py target/jitney.wasm target/jitney.cdx.json
  .venv/bin/python -m host precompile >&2
}

mkdir -p .tools
command=${1:-build}
[ $# -eq 0 ] || shift
case "$command" in
  setup | teardown | serve | doctor | explain | cost | replay)
    (
      forget_settings
      build
    )
    exec .venv/bin/python -m host "$command" "$@"
    ;;
esac
forget_settings
case "$command" in
  build)
    build
    for file in target/jitney.wasm target/jitney-runner; do
      say "$file: $(wc -c <"$file") bytes, sha256 $(sha256sum "$file" | cut -d' ' -f1)"
    done
    ;;
  component)
    . tools/build/component.sh
    build_component
    ;;
  runner)
    . tools/build/runner.sh
    build_runner
    ;;
  # `build && …` would go on where a step of it fails: bash does not stop for what stands before `&&`.
  demo)
    build
    exec .venv/bin/python -m tests.demo "$@"
    ;;
  simulate)
    command -v cargo >/dev/null || die "cargo was not found; install Rust with rustup"
    say "building the simulation, which takes a minute or two the first time"
    exec cargo run --quiet --profile simulate --locked -p jitney-simulator -- "$@"
    ;;
  bench)
    build
    need_python bench
    exec .venv/bin/python -m bench "$@"
    ;;
  fuzz) . tools/build/fuzz.sh && fuzz "$@" ;;
  mutants) . tools/build/mutants.sh && mutants "$@" ;;
  test) . tools/build/test.sh && run_tests "$@" ;;
  lint) . tools/build/lint.sh && lint ;;
  completion) . tools/build/completion.sh && completion "$@" ;;
  clean)
    rm -rf .venv .tools target fuzz/target fuzz/corpus-found
    say "removed .venv, .tools, target, fuzz/target and fuzz/corpus-found"
    ;;
  help | --help | -h) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
