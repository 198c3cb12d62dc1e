"""`./jitney doctor`."""

import os
from typing import Any

from host.commands.parser import Parser

MORE = """The settings are those of your shell. To check the ones in the Modal secret, run
  .venv/bin/modal run modal_app.py::doctor

exit status: 0 if nothing fails and everything was checked, else 1"""


def parser() -> Parser:
    """What it takes."""
    made = Parser("doctor", "Checks settings, credential, permissions, webhook and Modal. Changes nothing.", MORE)
    made.add_argument("--json", action="store_true", help="print JSON, for programs")
    made.add_argument(
        "--skip", action="append", default=[], choices=["github", "modal"], metavar="PART",
        help="do not check this, as where there is none: github or modal",
    )  # fmt: skip
    return made


def run(options: Any) -> int:
    """Examines."""
    from host.operator.doctor import doctor

    return doctor(os.environ, options.json, options.skip)
