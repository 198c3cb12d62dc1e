# shellcheck shell=bash
#: usage: ./build.sh mutants planted [--quick] [--open] [NAME…]
#:        ./build.sh mutants bugs [--open] [NAME…]
#:        ./build.sh mutants core|runner|artifact|host [--open] [--shard K/N] [--workers N] [--minutes N] [FILE…]
#:        ./build.sh mutants pages
#:
#: plant bugs in copies of the code, and say which of them nothing notices
#:
#:   planted    the bugs of simulator/planted_bugs.txt: which seeds, promises and tests notice each
#:   bugs       the bugs of tools/mutants/host_bugs.txt, in host and in the component's requests, each by the test it names
#:   core       what cargo-mutants lists for src
#:   runner     the same for runner and for the guard's rule, with the Python tests of the sandbox's binary
#:   artifact   the same for what only runs inside the artifact: the guard, and requests to GitHub; one build each
#:   host       mutants in the files of host where a hole costs something, by the tests that reach each
#:   pages      writes the tables in docs/reliability.md and docs/mutants.md from tools/mutants/*.tsv
#:
#:   --quick    asks only what noticed each bug the last time, and everything else only where that fails
#:   --open     only what survived the last time, or was not run
#:   --shard    the K-th of N parts
#:   --workers  how many mutants are judged at once
#:   --minutes  begins no other mutant after so many minutes; the rest keep the verdicts that they had
#:   --test     host and runner: looks with this file of Python tests alone, such as one that you have just written
#:   NAME       part of a planted bug's name           FILE   how a file's name begins, such as src/policy
#:
#: Verdicts are kept in tools/mutants/*.tsv; why a survivor is harmless is in tools/mutants/excuses.tsv, one by one.
#:
#: example:
#:   ./build.sh mutants planted --quick

# Lists the mutants of Rust code; it takes some minutes to install.
need_cargo_mutants() {
  local version=27.1.0
  [ "$(cat .tools/cargo-mutants.version 2>/dev/null)" = "$version" ] && [ -x .tools/bin/cargo-mutants ] && return
  say "installing cargo-mutants $version into .tools"
  cargo install --quiet --locked cargo-mutants --version "$version" --root .tools
  printf '%s' "$version" >.tools/cargo-mutants.version
}

run() {
  local what=${1:-}
  case "$what" in
    planted | bugs | core | runner | artifact | host | pages) shift ;;
    *)
      [ -z "$what" ] || say "mutants: $what is unknown"
      help_of mutants | sed -n '/^usage/,/^$/p' >&2
      return 2
      ;;
  esac
  command -v cargo >/dev/null || die "cargo was not found; install Rust with rustup"
  case "$what" in
    core | runner | artifact) need_cargo_mutants ;;
  esac
  case "$what" in
    runner | artifact | bugs | host)
      build
      need_python test
      (. tools/build/commands/test.sh && need_wasmtime)
      cargo build --quiet --release --locked -p jitney-rogue --target wasm32-wasip2
      ;;
  esac
  case "$what" in
    bugs | host) .venv/bin/python -m tools.mutants "$what" "$@" ;;
    *) cargo run --quiet --locked -p jitney-mutants -- "$what" "$@" ;;
  esac
}
