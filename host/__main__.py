"""The command line: `python -m host setup | teardown | serve | replay | doctor | explain | cost | precompile`."""

import argparse
import asyncio
import sys
from pathlib import Path

from host import log

EXAMPLES = """examples:
  WEBHOOK_SECRET=… GITHUB_TOKEN=… python -m host serve --port 8080 --launcher local
  python -m host doctor --json | jq '.[] | select(.level != "ok")'
  python -m host replay --unsigned tests/payloads/ping.json"""

COSTS = """examples:
  python -m host cost --since 24h --by job
  python -m host cost --since 7d --csv > cost.csv
  python -m host cost --launcher local --journal .jitney/journal.db"""
RAW = argparse.RawDescriptionHelpFormatter


async def _cost(options: argparse.Namespace) -> int:
    from host.cost import cost
    from host.shelf import LocalShelf, ModalShelf, Shelf

    shelf: Shelf
    if options.launcher == "modal":
        import modal

        from host.launcher import APP

        try:
            shelf = ModalShelf(await modal.Dict.from_name(APP).hydrate.aio())
        except modal.exception.Error as error:
            print(
                f"jitney: Modal cannot be asked ({type(error).__name__}); sign in with `modal setup`", file=sys.stderr
            )
            return 1
    elif options.journal.exists():
        shelf = LocalShelf(options.journal)
    else:
        print(f"jitney: there is no journal at {options.journal}; name it with --journal", file=sys.stderr)
        return 1
    return await cost(shelf, options.since, options.by, options.form or "table")


def main() -> int:
    """Reads the command line and does what it says."""
    parser = argparse.ArgumentParser(
        prog="python -m host",
        description="jitney's host. ./build.sh builds what it needs and then calls it.",
        epilog=EXAMPLES,
        formatter_class=RAW,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the endpoint on this machine")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8080, help="0 for any free one")
    serve.add_argument("--launcher", choices=["modal", "local"], default="modal")
    serve.add_argument(
        "--journal", type=Path, default=Path(".jitney/journal.db"), help="where deferred jobs are kept"
    )
    serve.add_argument("--sweep-every", type=float, default=180, metavar="SECONDS", help="180 unless told otherwise")
    commands.add_parser("setup", help="from nothing to a working installation", add_help=False)
    commands.add_parser("teardown", help="removes all that setup made", add_help=False)
    commands.add_parser("replay", help="decide on one delivery again", add_help=False)
    doctor = commands.add_parser("doctor", help="look at settings, credential, permissions, webhook and Modal")
    doctor.add_argument("--json", action="store_true", help="for programs; the exit status is 1 if anything fails")
    from host.explain import parser as explain_parser

    explain_parser(commands)
    cost = commands.add_parser("cost", help="what sandboxes cost", epilog=COSTS, formatter_class=RAW)
    cost.add_argument("--since", default="7d", metavar="SPAN", help="7d unless told otherwise; 24h, 90m, 2w")
    cost.add_argument("--by", choices=["repository", "day", "job"], default="repository")
    form = cost.add_mutually_exclusive_group()
    form.add_argument("--csv", dest="form", action="store_const", const="csv", help="for spreadsheets")
    form.add_argument("--json", dest="form", action="store_const", const="json", help="for programs")
    cost.add_argument("--launcher", choices=["modal", "local"], default="modal", help="whose sandboxes")
    cost.add_argument("--journal", type=Path, default=Path(".jitney/journal.db"), help="where `serve` kept them")
    commands.add_parser("precompile", help="compile the component ahead, for quick starts")
    options, rest = parser.parse_known_args()
    log.configure()
    if options.command == "replay":
        from host.replay import replay

        return replay(rest)
    if options.command in ("setup", "teardown"):
        from host.setup import command

        return command.setup(rest) if options.command == "setup" else command.teardown(rest)
    if rest:
        parser.error(f"unknown arguments: {' '.join(rest)}")
    if options.command == "cost":
        return asyncio.run(_cost(options))
    if options.command == "precompile":
        from host.component import precompile

        precompile()
        return 0
    if options.command == "explain":
        from host.explain import run as explain

        return explain(options)
    if options.command == "doctor":
        import os

        from host.doctor import doctor as examine

        return examine(os.environ, options.json)
    import uvloop

    from host.serve import serve as run

    uvloop.run(run(options.host, options.port, options.launcher, options.journal, options.sweep_every))
    return 0


if __name__ == "__main__":
    sys.exit(main())
