#!/usr/bin/env bash
# Builds, tests and cleans: `./build.sh help`. What users run is `./jitney`; its commands work here too.
# Each command is a file of tools/build/commands: what follows `#:` there is its help, `run` is what it does.
# Everything that is installed stays inside the checkout: .venv, .tools, target.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. tools/build/needs.sh

commands() {
  local file
  for file in tools/build/commands/*.sh; do basename "$file" .sh; done
}

help_of() {
  sed -n 's/^#: \{0,1\}//p' "tools/build/commands/$1.sh"
}

usage() {
  printf 'usage: ./build.sh [COMMAND] [ARGUMENTS]\n\n'
  local name
  for name in $(commands); do
    printf '  %-11s%s\n' "$name" "$(help_of "$name" | sed -n '/^$/{n;p;q;}')"
  done
  printf '\nWithout a command, it builds. ./build.sh COMMAND --help says more.\n'
  printf 'The commands of ./jitney (demo, setup, doctor, …) work here too: see ./jitney --help.\n'
}

# What the help does not name is an error before anything is built, unless it is for another program.
check_arguments() {
  local command=$1 help argument wants=''
  help=$(help_of "$command")
  [[ "$help" = *ARGUMENTS\]* ]] && return
  shift
  for argument in "$@"; do
    if [[ "$argument" = -* ]] && grep -qE -- "$argument\\b" <<<"$help"; then
      # What the help shows behind an option is the value that it takes.
      wants=$(sed -nE "s/.*$argument ([A-Za-z|_]+).*/\1/p" <<<"$help" | head -n 1)
    elif [[ "$wants" =~ ^(N|S|JOBS_AN_HOUR)$ && ! "$argument" =~ ^[0-9]+$ ]] ||
      { [ -z "$wants" ] && ! { [[ "$argument" != -* ]] && grep -qE '^usage:.*\[[A-Za-z]' <<<"$help"; }; }; then
      say "$command does not take \`$argument\`${wants:+ where it needs a number}."
      sed -n '/^usage/,/^$/p' <<<"$help" >&2
      exit 2
    else
      wants=''
    fi
  done
}

case "${1:-}" in help | --help | -h) usage && exit ;; --*) set -- build "$@" ;; esac
command=${1:-build}
[ $# -eq 0 ] || shift
[ -f "tools/build/commands/$command.sh" ] || exec ./jitney "$command" "$@"
for argument in "$@"; do
  case "$argument" in -h | --help) help_of "$command" && exit ;; esac
done
check_arguments "$command" "$@"
forget_settings
mkdir -p .tools
# shellcheck source=/dev/null
. "tools/build/commands/$command.sh"
run "$@"
