"""``call_command("flyball", …)`` in a guest's own code."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.cli.conftest import Typed


def called(*words: str) -> str:
    out = io.StringIO()
    call_command("flyball", *words, stdout=out)
    return out.getvalue()


def test_a_command_is_called_and_its_result_captured(typed: Typed, declare: Callable[..., Any]) -> None:
    declare()
    assert "is created" in called("apply", "--dry-run")
    called("apply")
    assert called("apply") == "Nothing changes.\n"


@pytest.mark.parametrize("words", [("--json", "versions", "purchase"), ("versions", "purchase", "--json")])
def test_a_document_is_captured(typed: Typed, champion: str, words: tuple[str, ...]) -> None:
    (version,) = json.loads(called(*words))
    assert version["version"] == "purchase@1"


def test_a_file_that_is_answered_in_part_is_an_error_after_its_result(
    typed: Typed, champion: str, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("age,job\n30,cook\nold,cook\n")
    words = ("predict", champion, "--file", str(tmp_path / "in.csv"), "--out", str(tmp_path / "out.csv"))
    with pytest.raises(CommandError) as caught:
        called(*words)
    assert caught.value.returncode == 1
    assert (tmp_path / "out.csv").exists()


def test_an_error_is_raised_as_django_has_them(typed: Typed, champion: str) -> None:
    with pytest.raises(CommandError, match="No endpoint of that name") as caught:
        called("versions", "nowhere")
    assert caught.value.returncode == 1
    with pytest.raises(CommandError, match="No such command") as caught:
        called("fly")
    assert caught.value.returncode == 2
