"""An anomaly detection from its declaration to an answer, over a file with an unusual row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import flyball
from flyball import AnomalyDetection, Rows, Search, inprocess
from flyball.control.diagnostics.jobs import diagnose_here
from flyball.control.diagnostics.models import Diagnosis
from flyball.control.registry import services as registry
from flyball.control.routing import services as routing
from flyball.domain.records import ANOMALY, answer_text
from flyball.stores.database import Database
from tests.applied import build, take_snapshot

pytestmark = pytest.mark.storage


def declared(folder: Path, **attributes: Any) -> type[AnomalyDetection]:
    """Payments of three shops; the last one is far larger than all others."""
    lines = ["amount,shop"]
    lines += [f"{10 + number % 17},{'abc'[number % 3]}" for number in range(80)]
    lines += ["900,a"]
    path = folder / "payments.csv"
    path.write_text("\n".join(lines) + "\n")
    body = {
        "rows": Rows(str(path)),
        "cv": 2,
        "search": Search(trials=1),
        "name": "payments",
        "__module__": __name__,
        **attributes,
    }
    return type("Payments", (AnomalyDetection,), body)


@pytest.mark.parametrize("contamination", ["auto", 0.05])
def test_payments_are_built_diagnosed_promoted_and_answered(
    database: Database, tmp_path: Path, contamination: float | str
) -> None:
    declaration = declared(tmp_path, contamination=contamination)
    made = build(declaration, take_snapshot(declaration))
    version = registry.register(build=made, candidate="isolation_forest")
    assert version.facts["metric"] == "mass_volume"
    finish = version.manifest["finish"]
    assert finish["threshold"] == 0.5 if contamination == "auto" else 0.5 < finish["threshold"] < 1
    diagnose_here(version=version)
    tables = Diagnosis.objects.get().found["tables"]
    assert {"anomaly_scores", "strangest", "learning_curve"} <= tables.keys()
    routing.apply(declarations={declaration.name: declaration})
    routing.promote(endpoint="payments", version=version.number)
    usual, strange = (
        flyball.predict("payments", input={"amount": amount, "shop": "a"}) for amount in (15, 900)
    )
    assert strange.output["score"] > usual.output["score"]
    assert answer_text(strange.output) == ANOMALY
    inprocess.close()
    folder = registry.export_version(version=version, folder=tmp_path / "exported")
    again = registry.import_version(folder=folder)
    assert again.manifest["golden"] == version.manifest["golden"]
