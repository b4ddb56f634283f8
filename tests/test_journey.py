"""The whole loop, through real processes: what was predicted, heard and learned, and how to go back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pyarrow.parquet as parquet
import pytest

from tests.shell import Server, Shell, with_candidates

EXAMPLE = Path(__file__).parent.parent / "examples" / "diagnosis"
PATIENT = 17

pytestmark = [pytest.mark.storage, pytest.mark.journey]


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Shell]:
    """The clinic in a copy of its own, with its patients, on the database that is tested."""
    project = tmp_path / "clinic"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(".flyball", "__pycache__"))
    with_candidates(project / "clinic" / "endpoints.py", "linear")
    url = os.environ.get("FLYBALL_DATABASE_URL", "")
    with own_database(url) as settings:
        shell = Shell(project, settings)
        shell.run("python", "manage.py", "migrate", "--verbosity", "0")
        shell.run("python", "manage.py", "seed")
        yield shell


def test_the_loop_turns_once(clinic: Shell, tmp_path: Path) -> None:
    with clinic.up("--build", worker=True) as server:
        predicted = server.ask("POST", "/v1/endpoints/diagnosis/predictions", asked("visit-1"))
        assert (predicted["version"], predicted["arm"]) == (1, "champion")
        assert predicted["decision"] in {"biopsy", "routine"}

        heard = server.ask("POST", f"/v1/predictions/{predicted['id']}/outcome", {"value": "benign"})
        assert heard["bound"] == 1

        again, changed = asked_again_after_an_update(server)
        assert again["id"] != changed["id"]
        assert again["output"] != changed["output"]

        second = clinic.flyball("snapshot", "diagnosis", "--out", str(tmp_path / "rows.parquet"))
        rows = parquet.read_table(tmp_path / "rows.parquet").to_pylist()
        learned = {row["_key"]: row for row in rows if row["_origin"] == "outcome"}
        assert second["outcomes"] == 1
        assert learned[predicted["id"]]["_outcome"] == "benign"

        built = clinic.flyball("build", "diagnosis", "--snapshot", second["digest"])
        assert built["version"] == "diagnosis@2"
        assert clinic.flyball("promote", "diagnosis@2", "--yes")["champion"] == "diagnosis@2"
        server.wait_for_champion("diagnosis", 2)
        assert server.ask("POST", "/v1/endpoints/diagnosis/predictions", asked())["version"] == 2

        assert clinic.flyball("rollback", "diagnosis")["champion"] == "diagnosis@1"
        server.wait_for_champion("diagnosis", 1)
        assert server.ask("GET", f"/v1/predictions/{predicted['id']}")["output"] == predicted["output"]


def asked(reference: str | None = None) -> dict[str, object]:
    return {"entity": {"number": PATIENT}, **({"reference": reference} if reference else {})}


def asked_again_after_an_update(server: Server) -> tuple[dict[str, object], dict[str, object]]:
    """The entity's prediction; the stored one while nothing changed; another after its update."""
    path = f"/v1/endpoints/diagnosis/entities/{PATIENT}/prediction"
    before = server.ask("GET", path)
    assert server.ask("GET", path)["id"] == before["id"]
    server.ask("PATCH", f"/api/endpoints/diagnosis/entities/{PATIENT}", {"worst_area": 300.0})
    return before, server.ask("GET", path)


@contextmanager
def own_database(url: str) -> Iterator[dict[str, str]]:
    """The setting that names an empty database of the same kind as ``url``; gone afterwards."""
    if not url.startswith("postgres"):
        yield {}  # the project's own SQLite file
        return
    import psycopg

    name = f"flyball_journey_{os.getpid()}"
    with psycopg.connect(urlunsplit(urlsplit(url)._replace(path="/postgres")), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {"FLYBALL_DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{name}"))}
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
