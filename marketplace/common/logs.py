"""Logs: one line per record, JSON in the file and readable on the console, secrets removed from both.

Every logger ends in the same two handlers, uvicorn's, Celery's and Django's included, so that redaction
has one place and no exceptions. See `redaction.py`.
"""

from __future__ import annotations

import logging
import logging.config
import os
import sys
from pathlib import Path
from typing import Any

import structlog

from marketplace.common.redaction import redact

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.UnicodeDecoder(),
]


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """The last step before a line leaves the process: secrets out, no line breaks smuggled in."""

    one_line = True

    def format(self, record: logging.LogRecord) -> str:
        line = redact(super().format(record))
        return line.replace("\r", "\\r").replace("\n", "\\n") if self.one_line else line.replace("\r", "\\r")


class ConsoleFormatter(RedactingFormatter):
    """Readable: the event is kept on one line, a traceback keeps its own lines below it."""

    one_line = False


def _flatten_event(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """A console event built from what people sent stays one line; the traceback is not part of it yet."""
    for name, value in event.items():
        if isinstance(value, str) and name not in {"exception", "stack"}:
            event[name] = value.replace("\r", "\\r").replace("\n", "\\n")
    return event


def _renderer(*, readable: bool) -> list[Any]:
    tail: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if readable:
        console = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty() or "FORCE_COLOR" in os.environ,
            exception_formatter=structlog.dev.plain_traceback,
        )
        return [*tail, _flatten_event, console]
    return [*tail, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def logging_config(*, process: str, directory: Path | None, level: str) -> dict[str, Any]:
    """`process` names the file: two processes never rotate the same one. Without a directory, the console alone."""
    config = _console_logging(level)
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        config["root"]["handlers"].append("file")
        config["handlers"]["file"] = {
            "class": "logging.handlers.RotatingFileHandler",
            "filename": str(directory / f"{process}.log"),
            "maxBytes": 10_000_000,
            "backupCount": 5,
            "delay": True,
            "encoding": "utf-8",
            "formatter": "json",
        }
    return config


def _console_logging(level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "console": {
                "()": ConsoleFormatter,
                "foreign_pre_chain": SHARED,
                "processors": _renderer(readable=True),
            },
            "json": {
                "()": RedactingFormatter,
                "foreign_pre_chain": SHARED,
                "processors": _renderer(readable=False),
            },
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "console"},
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            name: {"handlers": [], "level": least, "propagate": True}
            for name, least in {
                "django": level,
                "django.server": level,
                "django.request": "ERROR",  # the request line already says 404
                "django.security.DisallowedHost": "CRITICAL",
                "uvicorn": level,
                "uvicorn.error": level,
                "uvicorn.access": "WARNING",
                "celery": level,
                "django_structlog.celery": "WARNING",  # a wake-up is no news
                "celery.worker.strategy": "WARNING",
                "celery.app.trace": "WARNING",
                "celery.beat": "WARNING",
                "redbeat": "WARNING",
                "botocore": "WARNING",
                "boto3": "WARNING",
                "PIL": "WARNING",
                "psycopg.pool": "ERROR",
            }.items()
        },
    }


def configure(config: dict[str, Any]) -> None:
    """Called by Django through `LOGGING_CONFIG`."""
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
