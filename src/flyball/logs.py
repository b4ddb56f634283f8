"""Logs: one line an event, for people or as JSON, with the request and the job that it belongs to."""

from __future__ import annotations

import logging
import logging.config
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType, TracebackType
from typing import Any
from uuid import uuid4

import msgspec

from flyball.config import Config

REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
"""What is taken over from a caller's ``X-Request-ID``: nothing that could break a line, or be a text."""
_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_about: ContextVar[Mapping[str, str]] = ContextVar("flyball_about", default=MappingProxyType({}))
_Error = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


@contextmanager
def about(**identities: str) -> Iterator[None]:
    """What is logged inside belongs to these: ``request_id``, ``job_id``."""
    token = _about.set({**_about.get(), **identities})
    try:
        yield
    finally:
        _about.reset(token)


def request_id(headers: Mapping[str, str]) -> str:
    """The id that a request brings along in ``x-request-id``, where it is a plain one; else a new one."""
    sent = headers.get("x-request-id", "")
    return sent if REQUEST_ID.fullmatch(sent) else str(uuid4())


def configure(config: Config) -> None:
    """Log in this process as the settings say. For processes without Django, which does that by itself."""
    logging.config.dictConfig(dictionary(config))


def dictionary(config: Config) -> dict[str, Any]:
    """The settings as Python's ``logging`` and Django's ``LOGGING`` take them: all to standard error.

    Other packages say what they do only from WARNING on, unless everything was asked for (DEBUG).
    """
    level = config.log_level
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"flyball": {"()": f"flyball.logs.{FORMATTERS[config.log_format].__name__}"}},
        "handlers": {"flyball": {"class": "logging.StreamHandler", "formatter": "flyball"}},
        "root": {"handlers": ["flyball"], "level": "WARNING" if level == "INFO" else level},
        "loggers": {
            "flyball": {"level": level},
            # What anybody may cause without a key fills no disk: refusals, and hosts that are none of ours.
            "django.request": {"level": "ERROR"},
            "django.security": {"level": "CRITICAL"},
        },
    }


class Text(logging.Formatter):
    """A line for people; an error's own text is left out, since that may repeat what somebody sent."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The line, and where an error was raised below it."""
        if record.name == "django.request":  # its message has the path, and that may name an entity
            record = logging.makeLogRecord({**vars(record), "msg": "A page failed.", "args": ()})
        return self._written(record)

    def _written(self, record: logging.LogRecord) -> str:
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The line, and what it belongs to."""
        known = "".join(f" {name}={value}" for name, value in {**_about.get(), **_added(record)}.items())
        return super().formatMessage(record) + known

    def formatException(self, ei: _Error) -> str:  # noqa: N802 - logging's own name
        """Where an error was raised, and of which type it is."""
        return "".join(traceback.format_tb(ei[2])) + (ei[0].__name__ if ei[0] else "")


class Json(Text):
    """A JSON document in one line: time (UTC), level, logger, message, and whatever else is known."""

    def _written(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage().encode(errors="backslashreplace").decode(),
            "process": record.process,
            **_about.get(),
            **_added(record),
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["frames"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


FORMATTERS: Mapping[str, type[logging.Formatter]] = {"text": Text, "json": Json}
"""By the values of ``FLYBALL_LOG_FORMAT``."""


def _added(record: logging.LogRecord) -> dict[str, Any]:
    """What the event brings along beyond its message (``extra``): only ours, others add whole requests."""
    if record.name.partition(".")[0] != "flyball":
        return {}
    return {name: value for name, value in vars(record).items() if name not in _KNOWN}
