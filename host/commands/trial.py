"""`./jitney try`."""

import os
from typing import Any

from host.commands.parser import Parser

MORE = """Starts one real sandbox with one real runner, which no job can take because of its label. Waits until
GitHub shows the runner online, removes both, and prints how long each stage took and what the sandbox cost: well
under a cent. Needs the settings in the environment, and a deployed app. Asks once before it begins.

exit status: 0 if the runner came online and was removed, 1 if not"""


def parser() -> Parser:
    """What it takes."""
    made = Parser("try", "Tries the whole chain once, with one real runner in your own accounts.", MORE)
    made.add_argument("--yes", action="store_true", help="begin without asking")
    made.add_argument("--json", action="store_true", help="print JSON, for programs; needs --yes")
    made.needs["json"] = "yes"
    made.add_argument("--repository", metavar="OWNER/REPO", help="where to register the runner (default: the first)")
    made.add_argument(
        "--launcher", choices=["modal", "local"], default="modal",
        help="where the runner starts: in Modal's sandbox, or as a process here, for tests (default: modal)",
    )  # fmt: skip
    return made


def run(options: Any) -> int:
    """Tries."""
    from host.component import Component
    from host.operator.setup.telling import telling
    from host.operator.setup.terminal import Terminal, stoppable
    from host.operator.trial import attempt

    terminal = Terminal(options.yes)

    def begin() -> int:
        well = False
        with telling(terminal, "try"):
            local = options.launcher == "local"
            well = attempt(Component(os.environ), terminal, options.repository, local, options.json)
        return 0 if well else 1

    return stoppable(begin)
