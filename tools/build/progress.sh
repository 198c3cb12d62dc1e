# shellcheck shell=bash
# What a build says while it runs: which of its steps it is at, and how many of the step's crates are done. On a terminal
# that is one line that changes; elsewhere, a line for each quarter.

STEP=0
STEPS=0

# Begins a step: what is done in it.
step() {
  STEP=$((STEP + 1))
  if [ "$STEP" -le "$STEPS" ]; then
    DOING="$STEP of $STEPS: $1"
  else
    DOING=$1
  fi
  say "$DOING"
}

# Runs a command of cargo's, and shows how far it is. Cargo draws its bar wherever it is told to. That the command failed
# is told whatever the shell makes of pipes.
watched() {
  local status=0
  (
    set -o pipefail
    CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=100 CARGO_TERM_COLOR=never "$@" 2>&1 >&3 | show_progress
  ) 3>&1 || status=$?
  return "$status"
}

# Reads what cargo says. `Building [==>  ] 12/87: syn` becomes the progress; that it compiles something is dropped, for the
# progress says so; anything else, such as an error, goes through.
show_progress() {
  local piece line quarter=0 bar='\] ([0-9]+)/([0-9]+)(: (.*[^ ]))? *$'
  local doing='^ +(Compiling|Checking|Fresh|Finished|Running|Building|Updating|Locking|Adding|Download(ing|ed)) '
  # Two of cargo's that begin at once wait a moment for one another's list of packages.
  doing+='|Blocking waiting for file lock on package cache'
  while IFS= read -r -d $'\r' piece || [ -n "$piece" ]; do
    while IFS= read -r line; do
      line=${line//$'\e[K'/}
      if [[ "$line" =~ $bar ]]; then
        show_count "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[4]:-}"
      elif [ -n "$line" ] && ! [[ "$line" =~ $doing ]]; then
        clear_count
        printf '%s\n' "$line" >&2
      fi
    done <<<"$piece"
  done
  clear_count
}

# So many of so many crates are done, and these are being compiled. `quarter` is the caller's.
show_count() {
  local now=$((4 * $1 / ($2 > 0 ? $2 : 1)))
  if [ -t 2 ]; then
    line="$DOING: $1 of $2 crates${3:+, now $3}"
    printf '\r\e[K%s: %s' "$(basename "$0")" "${line:0:$((${COLUMNS:-80} - 12))}" >&2
  elif [ "$now" -gt "$quarter" ] && [ "$1" -lt "$2" ]; then
    quarter=$now
    say "$DOING: $1 of $2 crates"
  fi
}

clear_count() {
  [ ! -t 2 ] || printf '\r\e[K' >&2
}
