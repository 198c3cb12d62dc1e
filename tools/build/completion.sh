# shellcheck shell=bash
# `./build.sh completion`: what completes `./build.sh` in bash, zsh or fish, which is the commands that `usage` names.

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
