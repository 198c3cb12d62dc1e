"""The command line: `python -m host COMMAND`. Each command is a module's, imported only when it is asked for."""

import sys
from importlib import import_module

from host import log

#: Where each command is, and what it is for.
COMMANDS = {
    "setup": ("host.operator.setup.command:setup", "from nothing to a working installation"),
    "teardown": ("host.operator.setup.command:teardown", "removes all that setup made"),
    "serve": ("host.serve:command", "serve the endpoint on this machine"),
    "doctor": ("host.operator.doctor:command", "look at settings, credential, permissions, webhook and Modal"),
    "explain": ("host.operator.explain:command", "the story of one job"),
    "cost": ("host.operator.cost:command", "what sandboxes cost"),
    "replay": ("host.operator.replay:replay", "decide on one delivery again"),
    "precompile": ("host.component:command", "compile the component ahead, for quick starts"),
}
EXAMPLES = """
examples:
  WEBHOOK_SECRET=… GITHUB_TOKEN=… ./build.sh serve --port 8080 --launcher local
  ./build.sh doctor --json | jq '.[] | select(.level != "ok")'
  ./build.sh replay --unsigned --event ping tests/payloads/ping.json

`python -m host COMMAND --help` says more. ./build.sh builds what a command needs and then calls it."""


def usage() -> str:
    """What there is."""
    lines = [f"  {name:<11} {purpose}" for name, (_, purpose) in COMMANDS.items()]
    return "\n".join(["usage: python -m host COMMAND [ARGUMENTS]\n", *lines, EXAMPLES])


def main(arguments: list[str]) -> int:
    """Does what the command line says; the exit status."""
    match arguments:
        case ["-h" | "--help" | "help", *_]:
            print(usage())
            return 0
        case [name, *rest] if name in COMMANDS:
            log.configure()
            module, _, function = COMMANDS[name][0].partition(":")
            return int(getattr(import_module(module), function)(rest))
    print(usage(), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
