"""One JSON line per delivery and per course, on standard error."""

import sys
from typing import Any

import structlog


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


def logger() -> Any:
    """The process's logger."""
    return structlog.get_logger()
