"""Peers are locked, by hash and without a host, to what Flyball itself is measured with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from benchmarks.environments import APPS, PEERS

ROOT = Path(__file__).parent.parent.parent
SHARED = ("numpy", "pandas", "scikit-learn", "scipy", "joblib")


def pins(path: Path) -> dict[str, list[str]]:
    """Each package's versions, with the conditions under which they are meant."""
    found: dict[str, list[str]] = {}
    for name, pin in re.findall(r"^([\w.\[\]-]+)==(.+?)(?: \\)?$", path.read_text(), re.M):
        found.setdefault(name, []).append(pin)
    return found


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_s_requirements_are_locked(peer: str) -> None:
    text = (APPS / f"{peer}.txt").read_text()
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.M))
    assert entries
    assert [entry.partition(" ")[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "--index" not in text


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_computes_with_the_versions_that_flyball_has(peer: str) -> None:
    ours, theirs = pins(ROOT / "requirements" / "dev.txt"), pins(APPS / f"{peer}.txt")
    assert {name: theirs[name] for name in SHARED} == {name: ours[name] for name in SHARED}


def test_every_peer_has_its_file_and_what_it_needs() -> None:
    assert sorted(path.stem for path in APPS.glob("*.in")) == sorted(PEERS)
    assert [peer for peer in PEERS if not (APPS / f"{peer}.py").exists()] == []
