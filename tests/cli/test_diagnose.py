"""``flyball diagnose`` and ``flyball card``: what is found, as text, as files and for programs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from flyball.control.jobs.models import Job
from flyball.control.registry import services as registry
from flyball.control.registry.models import Version
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


def test_several_are_laid_over_each_other_on_the_same_rows(typed: Typed, built: str, tmp_path: Path) -> None:
    candidate = Version.objects.get().candidate
    assert candidate is not None
    other = str(registry.register(build=candidate.build, candidate="baseline"))
    out = tmp_path / "both"
    said = typed("diagnose", built, other, built, "--inline", "--out", str(out)).stdout
    assert said.count(f" rows held out from {built}, in ") == 2  # one that is named twice is one
    with (out / "roc.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["version"] for row in rows} == {built, other}
    assert all(row["true_positive_rate"] for row in rows)
    drawn = (out / "roc.svg").read_text()
    assert "@1" in drawn
    assert "@2" in drawn
    found = typed.json("diagnose", built, other)["diagnoses"]
    assert [(each["version"], each["on"]) for each in found] == [(1, 1), (2, 1)]
    assert "Missing argument" in typed("diagnose", exits=2).stderr


def test_one_is_asked_for_and_not_followed(typed: Typed, built: str) -> None:
    job = typed("diagnose", built, "--detach").stdout.strip()
    assert str(Job.objects.get(kind="diagnose").pk) == job
    assert "does not go with --detach" in typed("diagnose", built, "--detach", "--inline", exits=2).stderr


def test_a_card_is_printed_and_written(typed: Typed, built: str, tmp_path: Path) -> None:
    assert typed("card", built).stdout.startswith(f"# Model card: {built}")
    out = tmp_path / "card.md"
    assert typed.json("card", built, "--out", str(out))["version"] == built
    assert out.read_text().startswith(f"# Model card: {built}")
