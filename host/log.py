"""One line per delivery and per course, on standard error: JSON, or at a terminal words."""

import json
import sys
from collections.abc import MutableMapping
from typing import Any

# structlog imports all of rich where it finds it, for tracebacks in colour: a sixth of a cold start, and 4 MiB.
_rich = sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
import structlog  # noqa: E402

if _rich is None:
    del sys.modules["rich"]

#: Under which a line carries a WIT `reply.log`, until it is written.
SAID = "said"
#: What a line for people begins with, where it is there, and what it leaves out: what only programs look for.
FIRST = ("status", "outcome", "reason", "repository", "job", "runner", "sandbox")
LEFT_OUT = {"event", "level", "timestamp", "why", "ms", "run", "delivery"}


def configure(for_people: bool | None = None) -> None:
    """Sets the form of all log lines of this process: words if a person reads them at a terminal, else JSON."""
    if for_people is None:
        for_people = sys.stderr.isatty()
    render: Any = in_words if for_people else in_json
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            render,
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def in_json(_: Any, __: str, line: MutableMapping[str, Any]) -> str:
    """A line as programs read it. What the component said of it is JSON already."""
    said: str = line.pop(SAID, "{}")
    own = _ENCODE(line)
    return own if said == "{}" else f"{own[:-1]}, {said[1:]}"


def in_words(_: Any, __: str, line: MutableMapping[str, Any]) -> str:
    """A line as a person reads it: `21:03:11Z delivery 201 launched runner-started octo/demo job 41 (12 ms)`."""
    line |= json.loads(line.pop(SAID, "{}"))
    level = line["level"]
    said = [str(line["timestamp"])[11:19] + "Z", *([level.upper()] if level != "info" else []), str(line["event"])]
    said += [f"job {line[name]}" if name == "job" else str(line[name]) for name in FIRST if line.get(name)]
    rest = {name: value for name, value in line.items() if name not in LEFT_OUT and name not in FIRST}
    said += [f"{name}={value}" for name, value in rest.items()]
    if isinstance(ms := line.get("ms"), dict) and "total" in ms:
        said.append(f"({ms['total']:.0f} ms)")
    if line.get("why"):
        said.append(f"- {line['why']}")
    # Others choose some of the words, and a terminal obeys some characters.
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in " ".join(said))


_LOGGER = structlog.get_logger()
_ENCODE = json.JSONEncoder(default=repr).encode


def logger() -> Any:
    """The process's logger."""
    return _LOGGER


def tell(event: str, reply: Any, ms: dict[str, float], **more: Any) -> None:
    """Prints the line of a WIT `reply`. `reply.log` is read here and in no other place: it is for people."""
    _LOGGER.info(event, **more, ms=ms, **{SAID: reply.log})
