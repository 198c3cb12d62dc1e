# shellcheck shell=bash
#: usage: ./build.sh completion [bash|zsh|fish]
#:
#: print what completes the commands of ./build.sh and ./jitney in a shell
#:
#: example:
#:   source <(./build.sh completion bash)

run() {
  local python=.venv/bin/python builders jitneys
  [ -x "$python" ] || python=$(find_python)
  builders=$(commands | paste -sd' ')
  jitneys=$("$python" -m host --help | awk '/^  [a-z]+ / { printf "%s%s", sep, $1; sep = " " }')
  case "${1:-}" in
    bash)
      printf 'complete -W "%s" ./build.sh build.sh\n' "$builders $jitneys help"
      printf 'complete -W "%s" ./jitney jitney\n' "$jitneys"
      ;;
    zsh)
      printf 'compdef "_arguments '"'1:command:(%s)'"'" build.sh\n' "$builders $jitneys help"
      printf 'compdef "_arguments '"'1:command:(%s)'"'" jitney\n' "$jitneys"
      ;;
    fish)
      printf 'complete -c build.sh -f -n __fish_is_first_arg -a "%s"\n' "$builders $jitneys help"
      printf 'complete -c jitney -f -n __fish_is_first_arg -a "%s"\n' "$jitneys"
      ;;
    *) die "Name a shell: ./build.sh completion bash, zsh or fish" ;;
  esac
}
