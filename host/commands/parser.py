"""How a command line is read: argparse, with errors that name the nearest option, and types that check values."""

import argparse
import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

#: Where `serve` keeps what must outlive it, unless it is told.
JOURNAL = Path(".jitney/journal.db")


def nearest(word: str, known: Iterable[str]) -> str:
    """` Did you mean …?`, where one of the known words is like `word`."""
    found = difflib.get_close_matches(word, list(known), 1)
    return f" Did you mean `{found[0]}`?" if found else ""


class Parser(argparse.ArgumentParser):
    """The parser of `./jitney NAME`."""

    def __init__(self, name: str, description: str, more: str = "") -> None:
        super().__init__(
            prog=f"./jitney {name}", description=description, epilog=more, allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        #: Options that make sense only with another.
        self.needs: dict[str, str] = {}

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The options; of an unknown one, the error names the nearest known one."""
        options, unknown = self.parse_known_args(arguments)
        for word in unknown:
            known = self._option_string_actions
            kind = "option" if word.startswith("-") else "argument"
            self.error(f"unknown {kind} `{word}`.{nearest(word.split('=')[0], known)}")
        for name, other in self.needs.items():
            if getattr(options, name) and not getattr(options, other):
                self.error(f"--{name} needs --{other}")
        return options

    def error(self, message: str) -> NoReturn:
        """What is wrong, how the command is called, and where the help is."""
        self.exit(2, f"{self.prog}: {message}\n{self.format_usage()}`{self.prog} --help` says more.\n")


def placed(made: Parser, where: str) -> Parser:
    """With the options that say which launcher's sandboxes are meant. `where` is the help's word for that."""
    made.add_argument("--launcher", choices=["modal", "local"], default="modal", help=f"{where} (default: modal)")
    made.add_argument(
        "--journal", type=Path, metavar="FILE", default=JOURNAL, help="with --launcher local: the journal of `serve`"
    )
    return made


def port(text: str) -> int:
    """A TCP port."""
    if not re.fullmatch(r"\d{1,5}", text) or int(text) > 65535:
        raise argparse.ArgumentTypeError("must be a number between 0 and 65535")
    return int(text)


def seconds(text: str) -> float:
    """A number of seconds."""
    if not re.fullmatch(r"\d{1,6}(\.\d+)?", text):
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of seconds")
    return float(text)


def url(text: str) -> str:
    """An endpoint's URL, without what a terminal obeys and without a password, for it is shown and stored."""
    if not re.fullmatch(r"https?://[^\s/?#@\\]+(/[^\s?#\\]*)?", text) or not text.isprintable():
        raise argparse.ArgumentTypeError("must be written as https://HOST/PATH")
    return text.rstrip("/")
