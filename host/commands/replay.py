"""`./jitney replay`. What its options mean, the component knows: they are passed on."""

from typing import Any

from host.commands.parser import Parser

MORE = """The delivery is a raw HTTP request, the JSON of GitHub's delivery API, or a bare payload (which has no
signature: add --unsigned). Settings are read from the environment.

example:
  ./jitney replay --unsigned --event ping tests/payloads/ping.json

exit status: 0 launch, release, ignored or ping; 3 refused or not minted; 2 malformed, or a setting or the
command line is at fault"""


def parser() -> Parser:
    """What it takes."""
    made = Parser("replay", "Decides on one delivery again, and prints every check.", MORE)
    made.add_argument("delivery", nargs="*", metavar="FILE", help="the delivery; without it, standard input is read")
    made.add_argument(
        "--event", metavar="EVENT", help="the event, if the input does not name it (default: workflow_job)"
    )
    made.add_argument("--unsigned", action="store_true", help="accept the delivery without checking its signature")
    made.add_argument(
        "--mint", action="store_true", help="go on: ask GitHub for a JIT config, then delete the runner"
    )
    made.add_argument("--json", action="store_true", help="print the checks as JSON")
    return made


def run(options: Any) -> int:
    """Decides."""
    from host.operator.replay import replay

    chosen = [f"--{name}" for name in ("unsigned", "mint", "json") if getattr(options, name)]
    return replay([*options.delivery, *chosen, *(["--event", options.event] if options.event else [])])
