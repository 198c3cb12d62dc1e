"""One JSON line per delivery and per course, on standard error."""

import json
import sys
from typing import Any

# structlog imports all of rich where it finds it, for tracebacks in colour: a sixth of a cold start, and 4 MiB.
_rich = sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
import structlog  # noqa: E402

if _rich is None:
    del sys.modules["rich"]


def configure() -> None:
    """Sets the form of all log lines of this process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


_LOGGER = structlog.get_logger()


def logger() -> Any:
    """The process's logger."""
    return _LOGGER


def tell(event: str, reply: Any, ms: dict[str, float], **more: Any) -> None:
    """Prints the line of a WIT `reply`. `reply.log` is read here and in no other place: it is for people."""
    _LOGGER.info(event, **more, **json.loads(reply.log), ms=ms)
