"""`./jitney serve`."""

import sys
from pathlib import Path
from typing import Any

from host.commands.parser import JOURNAL, Parser, port, seconds

EXAMPLE = """example:
  GITHUB_TOKEN=… WEBHOOK_SECRET=… ./jitney serve --port 8080 --launcher local"""


def parser() -> Parser:
    """What it takes."""
    made = Parser("serve", "Serves the endpoint on this machine until it gets SIGTERM or Ctrl-C.", EXAMPLE)
    made.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    made.add_argument("--port", type=port, default=8080, help="the port; 0 takes any free one (default: 8080)")
    made.add_argument(
        "--launcher", choices=["modal", "local"], default="modal",
        help="where runners start: in Modal's sandboxes, or as processes here, for tests (default: modal)",
    )  # fmt: skip
    made.add_argument(
        "--journal",
        type=Path,
        metavar="FILE",
        default=JOURNAL,
        help="the file that keeps deferred jobs",
    )
    made.add_argument(
        "--sweep-every", type=seconds, default=180.0, metavar="SECONDS", help="time between sweeps (default: 180)"
    )
    return made


def run(options: Any) -> int:
    """Serves."""
    import uvloop

    from host.serve import Unlaunchable, serve

    try:
        uvloop.run(serve(options.host, options.port, options.launcher, options.journal, options.sweep_every))
    except Unlaunchable as fault:
        print(f"jitney: {fault}", file=sys.stderr)
        return 1
    return 0
