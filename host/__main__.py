"""The command line: `./jitney COMMAND`, which is `python -m host COMMAND`.

`python -m host --check COMMAND …` shows the help or says what is wrong with the arguments, and does no more: it exits
with `READY` if the command could begin. `./jitney` asks that before it builds anything.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from host.commands import COMMANDS
from host.commands.parser import nearest

EXAMPLES = """
examples:
  ./jitney demo
  ./jitney doctor --json | jq '.[] | select(.level != "ok")'
  ./jitney explain https://github.com/OWNER/REPO/actions/runs/1234/job/5678

`./jitney COMMAND --help` says more. `./build.sh help` names the commands that build and test."""
#: The exit status of `--check` where a command could begin: one that no command ends with.
READY = 64
#: What `./build.sh` does itself.
BUILDERS = Path(__file__).resolve().parent.parent / "tools" / "build" / "commands"


def usage() -> str:
    """What there is."""
    lines = [f"  {name:<11} {purpose}" for name, (_, purpose) in COMMANDS.items()]
    return "\n".join(["usage: ./jitney COMMAND [ARGUMENTS]\n", *lines, EXAMPLES])


def unknown(word: str) -> str:
    """What is said of a word that is no command."""
    builders = [path.stem for path in BUILDERS.glob("*.sh")]
    if word in builders:
        return f"jitney: `{word}` is a command of ./build.sh. Run `./build.sh {word}`."
    return f"jitney: there is no command `{word}`.{nearest(word, [*COMMANDS, *builders])}"


def main(arguments: list[str]) -> int:
    """Does what the command line says; the exit status."""
    checking = arguments[:1] == ["--check"]
    match arguments[1:] if checking else arguments:
        case ["-h" | "--help" | "help", *_]:
            print(usage())
            return 0
        case ["precompile", *rest]:
            from host.component import command

            return command(rest)
        case [name, *rest] if name in COMMANDS:
            module: Any = import_module(f"host.commands.{COMMANDS[name][0]}")
            options = module.parser().read(rest)
            return READY if checking else run(module, options)
        case [word, *_]:
            print(f"{unknown(word)}\n`./jitney --help` and `./build.sh help` list all of them.", file=sys.stderr)
        case _:
            print(usage(), file=sys.stderr)
    return 2


def run(module: Any, options: Any) -> int:
    """Begins a command."""
    from host import log

    log.configure()
    return int(module.run(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
