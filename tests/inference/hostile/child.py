"""Tries forged files one after the other, as a server loads and asks them; one line of what came of each."""

from __future__ import annotations

import json
import pickle
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

from flyball.domain.errors import ArtifactCorrupt, ArtifactUntrusted
from flyball.inference import allowlist
from flyball.inference.quarantine import limits
from tests.inference.hostile.changes import forge
from tests.inference.hostile.zoo import asked

MEMORY = 3 * 1024**3


def main(folder: Path) -> None:
    """Read the cases of ``folder``, and the models that they start from."""
    models: list[tuple[bytes, Any]] = pickle.loads((folder / "models").read_bytes())  # noqa: S301 - the test's own
    cases = json.loads((folder / "cases").read_text())
    warnings.simplefilter("ignore")
    for data, rows in models[:1]:
        asked(allowlist.construct(data), rows)  # what is imported once is imported now
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    limits.watch(sys.path)
    for number, (model, changes) in enumerate(cases):
        data, rows = models[model % len(models)]
        print(number, _outcome(forge(data, changes), rows), flush=True)  # noqa: T201 - for the test that reads it


def _outcome(data: bytes, rows: Any) -> str:
    try:
        model = allowlist.construct(data)
    except (ArtifactUntrusted, ArtifactCorrupt):
        return "refused"
    try:
        asked(model, rows)
        asked(model, rows.iloc[:1])
    except limits.Forbidden as error:
        return f"FORBIDDEN {error}"
    except Exception as error:  # noqa: BLE001 - a model that raises gives no answer, and harms nobody
        return f"raised {type(error).__name__}"
    return "answered"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
