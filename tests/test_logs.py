"""Logs: what a line says, that it is one, and that it repeats nothing that somebody sent."""

from __future__ import annotations

import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flyball import logs
from flyball.config import load


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., str]]:
    """Configure logging by settings, do something, and get what it wrote; afterwards all is as it was."""
    root, ours = logging.getLogger(), logging.getLogger("flyball")
    before = root.handlers[:], root.level, ours.level

    def write(do: Callable[[], None], **settings: str) -> str:
        logs.configure(load({f"FLYBALL_{name}": value for name, value in settings.items()}))
        do()
        return capsys.readouterr().err

    yield write
    root.handlers[:], root.level = before[0], before[1]
    ours.setLevel(before[2])


def fail(said: str) -> None:
    """Log a failure whose text repeats a value."""
    value = "-".join(["sesame", "4711"])
    try:
        raise ValueError(value)
    except ValueError:
        logging.getLogger("flyball.serving").exception(said)


def json_lines(text: str) -> list[dict[str, Any]]:
    """The documents of a log."""
    return [json.loads(line) for line in text.splitlines()]


def test_an_event_is_one_line_of_json(written: Callable[..., str]) -> None:
    def do() -> None:
        with logs.about(job_id="0193"), logs.about(request_id="abc"):
            logging.getLogger("flyball.jobs").info("two\nlines, %s", "half: \ud800", extra={"seconds": 1.5})
        logging.getLogger("flyball.jobs").info("later")

    first, second = json_lines(written(do, LOG_FORMAT="json"))
    assert first.pop("time").endswith("+00:00")
    assert first.pop("process") > 0
    assert first == {
        "level": "INFO",
        "logger": "flyball.jobs",
        "message": "two\nlines, half: \\ud800",
        "job_id": "0193",
        "request_id": "abc",
        "seconds": 1.5,
    }
    assert "job_id" not in second


def test_a_line_for_people_says_what_it_belongs_to(written: Callable[..., str]) -> None:
    def do() -> None:
        with logs.about(job_id="0193"):
            logging.getLogger("flyball.jobs").warning("The job is failed.", extra={"kind": "build"})

    assert written(do).endswith("WARNING flyball.jobs: The job is failed. job_id=0193 kind=build\n")


@pytest.mark.parametrize("kind", ["text", "json"])
def test_an_error_is_logged_by_type_and_place_without_its_text(
    written: Callable[..., str], kind: str
) -> None:
    text = written(lambda: fail("It failed."), LOG_FORMAT=kind)
    assert "sesame-4711" not in text
    assert "ValueError" in text
    assert "in fail" in text


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("DEBUG", ["ours debug", "ours info", "theirs debug", "theirs info", "theirs warning"]),
        ("INFO", ["ours info", "theirs warning"]),
        ("WARNING", ["theirs warning"]),
        ("ERROR", []),
    ],
)
def test_other_packages_are_quiet_unless_everything_is_asked_for(
    written: Callable[..., str], level: str, said: list[str]
) -> None:
    def do() -> None:
        logging.getLogger("flyball.serving").debug("ours debug")
        logging.getLogger("flyball.serving").info("ours info")
        logging.getLogger("celery.worker").debug("theirs debug")
        logging.getLogger("celery.worker").info("theirs info")
        logging.getLogger("celery.worker").warning("theirs warning", extra={"args_of_it": "sesame"})

    text = written(do, LOG_FORMAT="json", LOG_LEVEL=level)
    assert [line["message"] for line in json_lines(text)] == said
    assert "sesame" not in text  # what others add may be a whole request


@pytest.mark.parametrize("kind", ["text", "json"])
def test_pages_that_fail_are_logged_without_their_path_and_refusals_not_at_all(
    written: Callable[..., str], kind: str
) -> None:
    def do() -> None:
        logging.getLogger("django.request").warning("Not Found: %s", "/entities/4711")
        logging.getLogger("django.request").error("Internal Server Error: %s", "/entities/4711")
        logging.getLogger("django.security.DisallowedHost").error("Invalid HTTP_HOST header: %r.", "evil")

    text = written(do, LOG_FORMAT=kind)
    assert text.count("\n") == 1
    assert "A page failed." in text
    assert "4711" not in text


@pytest.mark.parametrize("sent", ["", "a b", "a\nb", "x" * 129, "ä", '"}'])
def test_an_odd_request_id_is_replaced(sent: str) -> None:
    made = logs.request_id({"x-request-id": sent})
    assert made != sent
    assert logs.REQUEST_ID.fullmatch(made)


def test_a_format_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="FLYBALL_LOG_FORMAT"):
        load({"FLYBALL_LOG_FORMAT": "xml", "FLYBALL_HOME": str(tmp_path)})
