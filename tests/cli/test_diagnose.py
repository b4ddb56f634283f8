"""``flyball diagnose`` and ``flyball card``: what is found, as text, as files and for programs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from flyball.control.jobs.models import Job
from tests.cli.conftest import Typed


@pytest.fixture
def built(champion: str) -> str:
    """A version that was built here."""
    return f"{champion}@1"


def test_a_version_is_diagnosed_into_files(typed: Typed, built: str, tmp_path: Path) -> None:
    out = tmp_path / "found"
    said = typed("diagnose", built, "--inline", "--out", str(out)).stdout
    assert f"{built} on " in said
    assert "roc_auc" in said
    with (out / "roc.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[-1]["true_positive_rate"] == "1.0"
    for name in ("threshold", "roc", "importance", "learning"):
        assert (out / f"{name}.svg").read_text().startswith("<svg")
        assert (out / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    again = typed.json("diagnose", built)
    assert again["tables"]["roc"]["columns"][0] == "class"
    assert not Job.objects.filter(kind="diagnose").exists()


def test_one_is_asked_for_and_not_followed(typed: Typed, built: str) -> None:
    job = typed("diagnose", built, "--detach").stdout.strip()
    assert str(Job.objects.get(kind="diagnose").pk) == job
    assert "does not go with --detach" in typed("diagnose", built, "--detach", "--inline", exits=2).stderr


def test_a_card_is_printed_and_written(typed: Typed, built: str, tmp_path: Path) -> None:
    assert typed("card", built).stdout.startswith(f"# Model card: {built}")
    out = tmp_path / "card.md"
    assert typed.json("card", built, "--out", str(out))["version"] == built
    assert out.read_text().startswith(f"# Model card: {built}")
