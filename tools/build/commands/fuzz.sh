# shellcheck shell=bash
#: usage: ./build.sh fuzz [TARGET…] [--seconds N]
#:
#: run the core under libFuzzer, and the component under mutations
#:
#: Targets: delivery settings names answers course replay operator keys ending house component. Without one, each of them runs.
#: --seconds N is for each of them (default: 20).
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

# A figure of libFuzzer's last run, with commas.
figure() {
  sed -n "$1" "$log" | tail -1 | sed -e ':a' -e 's/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/;ta'
}

run() {
  local all=(delivery settings names answers course replay operator keys ending house component)
  local seconds=20 targets=() target log=$PWD/.tools/fuzz.log rows=()
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
  for target in "${targets[@]}"; do
    if [ "$target" = component ]; then
      build
      need_python test
      cargo build --quiet --profile simulate --locked -p jitney-native
      .venv/bin/python -m tests.fuzz_component --seconds "$seconds"
      continue
    fi
    need_rust
    need_cargo_fuzz
    say "fuzzing $target for $seconds s"
    mkdir -p "fuzz/corpus-found/$target" "fuzz/crashes/$target"
    (
      cd fuzz || exit
      PATH="../.tools/bin:$PATH" cargo fuzz run --sanitizer none "$target" \
        "corpus-found/$target" "corpus/$target" -- \
        -max_total_time="$seconds" -dict=dictionary.txt -max_len=16384 -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 "-artifact_prefix=crashes/$target/" 2>&1 | tee "$log" |
        sed -nE -e '/panicked/{p;n;p;}' -e '/DONE|SUMMARY|ERROR|Test unit written|^Base64/p'
      exit "${PIPESTATUS[0]}"
    )
    rows+=("| \`$target\` | $seconds | $(figure 's/.*number_of_executed_units: *//p') | $(figure 's/.*DONE *cov: \([0-9]*\).*/\1/p') | nothing |")
  done
  [ ${#rows[@]} -eq 0 ] || printf '| Target | Seconds | Executions | Edges covered | Found |\n|---|---|---|---|---|\n'
  printf '%s\n' ${rows[@]+"${rows[@]}"}
}
