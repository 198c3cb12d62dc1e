# shellcheck shell=bash
#: usage: ./build.sh fuzz [TARGET…] [--seconds N]
#:
#: run the core under libFuzzer, and the component under mutations
#:
#: Targets: delivery settings names answers course replay operator keys ending house component. Without one, each of them runs.
#: --seconds N is for each of them (default: 20). As many run at once as there are cores; component runs alone, last.
#:
#: example:
#:   ./build.sh fuzz delivery --seconds 60

# cargo-fuzz runs on stable Rust where no sanitizer is asked for; safe code has little for one to find.
need_cargo_fuzz() {
  command -v c++ >/dev/null || die "libFuzzer needs a C++ compiler. On Debian, install the package g++."
  [ -x .tools/bin/cargo-fuzz ] && return
  say "installing cargo-fuzz into .tools"
  # Not optimized: it only starts cargo.
  cargo install --quiet --debug --locked cargo-fuzz --version 0.13.2 --root .tools
}

# A figure of libFuzzer's last run of a target, with commas.
figure() {
  sed -n "$2" ".tools/fuzz-$1.log" | tail -1 | sed -e ':a' -e 's/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/;ta'
}

run() {
  local all=(delivery settings names answers course replay operator keys ending house component)
  local seconds=20 targets=() target
  while [ $# -gt 0 ]; do
    case "$1" in
      --seconds)
        [[ "${2:-}" =~ ^[0-9]+$ ]] || die "--seconds needs a number"
        seconds=$2
        shift 2
        ;;
      *)
        [[ " ${all[*]} " = *" $1 "* ]] || die "There is no fuzz target \`$1\`. Targets: ${all[*]}"
        targets+=("$1")
        shift
        ;;
    esac
  done
  [ ${#targets[@]} -gt 0 ] || targets=("${all[@]}")
  local native=()
  for target in "${targets[@]}"; do
    [ "$target" = component ] || native+=("$target")
  done
  [ ${#native[@]} -eq 0 ] || fuzz_core "$seconds" "${native[@]}"
  [[ " ${targets[*]} " != *" component "* ]] || fuzz_component "$seconds"
}

# The core, natively: as many targets at once as there are cores.
fuzz_core() {
  local seconds=$1 running=() rows=() failed=0
  shift
  need_rust
  need_cargo_fuzz
  say "building the fuzz targets"
  (cd fuzz && PATH="../.tools/bin:$PATH" cargo fuzz build --sanitizer none --target-dir target) >.tools/fuzz-build.log 2>&1 ||
    { cat .tools/fuzz-build.log >&2; return 1; }
  while [ $# -gt 0 ]; do
    running=("${@:1:$(getconf _NPROCESSORS_ONLN)}")
    shift "${#running[@]}"
    say "fuzzing ${running[*]} for $seconds s"
    fuzz_at_once "$seconds" "${running[@]}" || failed=1
  done
  printf '| Target | Seconds | Executions | Edges covered | Found |\n|---|---|---|---|---|\n'
  printf '%s\n' "${rows[@]}"
  return "$failed"
}

# Some targets at the same time. Adds to `rows` what became of each.
fuzz_at_once() {
  local seconds=$1 target found failed=0 programs processes=()
  programs=target/$(rustc -vV | sed -n 's/^host: //p')/release
  shift
  # A background process does not reliably get Ctrl-C.
  trap 'kill "${processes[@]}" 2>/dev/null; exit 130' INT TERM
  for target in "$@"; do
    mkdir -p "fuzz/corpus-found/$target" "fuzz/crashes/$target"
    (
      cd fuzz || exit
      exec "$programs/$target" "corpus-found/$target" "corpus/$target" \
        -max_total_time="$seconds" -dict=dictionary.txt -max_len=16384 -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 "-artifact_prefix=crashes/$target/"
    ) >".tools/fuzz-$target.log" 2>&1 &
    processes+=("$!")
  done
  for target in "$@"; do
    found=nothing
    wait "${processes[0]}" || {
      found="**see .tools/fuzz-$target.log**"
      failed=1
      tail -n 20 ".tools/fuzz-$target.log" >&2
    }
    processes=("${processes[@]:1}")
    sed -nE -e '/panicked/{p;n;p;}' -e '/DONE|SUMMARY|ERROR|Test unit written|^Base64/p' ".tools/fuzz-$target.log"
    rows+=("| \`$target\` | $seconds | $(figure "$target" 's/.*number_of_executed_units: *//p') | $(figure "$target" 's/.*DONE *cov: \([0-9]*\).*/\1/p') | $found |")
  done
  trap - INT TERM
  return "$failed"
}

# The artifact itself, under its limits.
fuzz_component() {
  build
  need_python test
  cargo build --quiet --profile simulate --locked -p jitney-native
  .venv/bin/python -m tests.fuzz_component --seconds "$1"
}
