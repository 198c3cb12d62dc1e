#!/usr/bin/env bash
# Plants the bugs of planted_bugs.txt into a copy of the tree, one at a time, and prints which seeds of the simulation
# catch each, and what of `cargo test` does where no seed does. Fails where nothing does.
#
# usage: simulator/planted_bugs.sh [--seeds N] [--every] [NAME]…
#   --every   runs `cargo test` for each bug, not only for those that the simulation misses
#   NAME      plants only the bugs of which this is a part of the name
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seeds=300 every=0 names=()
while [ $# -gt 0 ]; do
  case "$1" in
    --seeds) seeds=$2; shift 2 ;;
    --every) every=1; shift ;;
    -*) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
    *) names+=("$1"); shift ;;
  esac
done

# A copy that lives on between runs builds in seconds.
copy=target/planted
mkdir -p "$copy"
rm -rf "$copy/jitney" "$copy/failing"
mkdir "$copy/jitney"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  [ -f "$file" ] && printf '%s\0' "$file"
done | xargs -0 cp --parents -p -t "$copy/jitney"
export CARGO_TARGET_DIR=$PWD/$copy/target
cd "$copy/jitney"

uncaught=() stale=()

# The tests that fail, a name a line.
failing_tests() {
  cargo test --quiet --locked -p jitney --no-fail-fast 2>&1 | sed -nE 's/^    ([a-z_:0-9]+)$/\1/p' | sort -u || true
}

# Those that fail without a bug catch none.
failing_anyway() {
  [ -f ../failing ] || failing_tests >../failing
  cat ../failing
}

simulate() {
  cargo build --quiet --profile simulate --locked -p jitney-simulator &&
    "$CARGO_TARGET_DIR/simulate/simulate" --seeds "$seeds" --no-figures
}

# What caught it: seeds and promises, else tests; or nothing.
caught_by() {
  local said count promises tests
  if ! said=$(simulate 2>../build.log); then
    count=$(grep -c '^seed' <<<"$said" || true)
    if [ "$count" -eq 0 ]; then
      printf 'does not build: %s' "$(grep -m1 '^error' ../build.log || true)"
      return
    fi
    promises=$(sed -nE 's/^seed [0-9]+ \([^)]*\): ([a-z-]+):.*/\1/p' <<<"$said" | sort | uniq -c | sort -rn |
      awk '{ printf "%s`%s`", sep, $2; sep = ", " }')
    printf '%s of %s seeds, the first %s | %s' "$count" "$seeds" "$(sed -nE '1s/^seed ([0-9]+).*/\1/p' <<<"$said")" "$promises"
    [ "$every" = 1 ] || return 0
  fi
  tests=$(failing_tests | comm -23 - ../failing | head -3 | paste -sd, || true)
  if [ -n "$tests" ]; then
    printf '%s' "${count:+ | }${count:-no seed | }tests: $tests"
  fi
}

plant() {
  local name=$1 file=$2 edit=$3 result
  if [ ${#names[@]} -gt 0 ]; then
    local wanted=0 part
    for part in "${names[@]}"; do [[ $name == *"$part"* ]] && wanted=1; done
    [ "$wanted" = 1 ] || return 0
  fi
  [ -f ../failing ] || failing_anyway >/dev/null
  cp "$file" ../original
  perl -0pi -e "$edit" "$file"
  if cmp -s "$file" ../original; then
    stale+=("$name")
    printf '| %s | **could not be planted in %s** | |\n' "$name" "$file"
    return
  fi
  result=$(caught_by)
  cp ../original "$file"
  case "$result" in
    '') uncaught+=("$name"); result='**nothing** |' ;;
    'does not build'*) stale+=("$name"); result="**$result** |" ;;
  esac
  printf '| %s | %s |\n' "$name" "$result"
}

printf '| Planted bug | Caught by | Promises |\n|---|---|---|\n'
while IFS= read -r line; do
  case "$line" in
    '' | '#'*) ;;
    *)
      IFS=$'\t' read -r file name edit <<<"$line"
      plant "$name" "$file" "$edit"
      ;;
  esac
done <"simulator/planted_bugs.txt"

for name in "${uncaught[@]}"; do printf 'planted_bugs.sh: nothing catches: %s\n' "$name" >&2; done
for name in "${stale[@]}"; do printf 'planted_bugs.sh: adapt to the code of today: %s\n' "$name" >&2; done
[ $((${#uncaught[@]} + ${#stale[@]})) -eq 0 ]
