"""What an artifact may hold, and what becomes of one that holds more."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from flyball.domain.errors import ArtifactCorrupt, ArtifactUntrusted
from flyball.inference import allowlist, runtime
from tests.inference.forging import plain
from tests.inference.versions import Trusting, manifest

Nodes = dict[str, Any]


def model() -> LinearRegression:
    """Something small and fitted."""
    return LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])


def crafted(node: Nodes) -> bytes:
    """A skops file whose content is this node, as an attacker writes it: by hand."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", json.dumps({"protocol": 2, "_skops_version": "0.16.0", **node}))
    return buffer.getvalue()


def calling(module: str, name: str, argument: str) -> Nodes:
    """A node that calls a function with one text when it is constructed."""
    return {
        "__class__": name,
        "__module__": module,
        "__loader__": "ConstructorFromReduceNode",
        "content": {
            "__class__": "tuple",
            "__module__": "builtins",
            "__loader__": "TupleNode",
            "content": [plain(argument)],
        },
    }


def bytes_of(dump: Any) -> bytes:
    """What a dump function writes into a file."""
    buffer = io.BytesIO()
    dump(model(), buffer)
    return buffer.getvalue()


NOT_SKOPS = [
    ("a pickle", pickle.dumps(model())),
    ("a joblib file", bytes_of(lambda value, file: joblib.dump(value, file))),
    ("nothing", b""),
    ("an empty archive", b"PK\x05\x06" + bytes(18)),
    ("an archive without a schema", crafted({})),
    ("half a file", allowlist.dump(model())[:400]),
]


@pytest.mark.parametrize("data", [row[1] for row in NOT_SKOPS], ids=[row[0] for row in NOT_SKOPS])
def test_what_is_not_a_skops_file_is_refused_by_its_content(data: bytes) -> None:
    with pytest.raises(ArtifactUntrusted, match="not a skops file"):
        allowlist.audit(data)


ATTACKS = [
    ("a system call", calling("os", "system", "touch {mark}"), "os.system"),
    ("an evaluation", calling("builtins", "eval", "open('{mark}', 'w')"), "builtins.eval"),
    ("an import", calling("tests.inference.trap", "Trap", "{mark}"), "tests.inference.trap.Trap"),
    (
        "a type",
        {"__class__": "Popen", "__module__": "subprocess", "__loader__": "TypeNode"},
        "subprocess.Popen",
    ),
    (
        "a function",
        {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"},
        "os.system",
    ),
]


@pytest.mark.parametrize(("node", "name"), [row[1:] for row in ATTACKS], ids=[row[0] for row in ATTACKS])
def test_a_crafted_file_is_refused_by_name_and_nothing_of_it_runs(
    tmp_path: Path, node: Nodes, name: str
) -> None:
    mark = tmp_path / "mark"
    data = crafted(json.loads(json.dumps(node).replace("{mark}", str(mark))))
    with pytest.raises(ArtifactUntrusted, match=name.replace(".", r"\.")):
        runtime.load(manifest(data), data)
    assert not mark.exists()


def test_a_damaged_file_is_refused_whatever_is_damaged() -> None:
    sound = allowlist.dump(RandomForestRegressor(2, max_depth=3).fit([[0.0], [1.0]], [0.0, 2.0]))
    refused = 0
    for place in np.random.default_rng(0).integers(0, len(sound), 80):
        damaged = bytearray(sound)
        damaged[place] ^= 0xFF
        try:
            allowlist.construct(bytes(damaged))
        except (ArtifactUntrusted, ArtifactCorrupt):
            refused += 1
    assert refused > 40, "the rest hits what a zip archive says twice"


def test_a_pickle_does_not_run_either(tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    class Trap:
        def __reduce__(self) -> Any:
            return Path.touch, (mark,)

    data = pickle.dumps(Trap())
    with pytest.raises(ArtifactUntrusted):
        runtime.load(manifest(data), data)
    assert not mark.exists()


def test_functions_of_the_users_own_need_trust() -> None:
    data = allowlist.dump(make_pipeline(FunctionTransformer(crafted), model()))
    with pytest.raises(ArtifactUntrusted, match="crafted"):
        allowlist.audit(data)
    allowlist.audit(data, ["tests.inference.test_allowlist.crafted"])


def test_what_scikit_learn_and_numpy_make_themselves_needs_none() -> None:
    allowlist.audit(allowlist.dump(make_pipeline(FunctionTransformer(np.log1p), model())))


def test_a_model_comes_back_as_it_was() -> None:
    again = allowlist.construct(allowlist.dump(model()))
    assert again.predict([[3.0]]) == model().predict([[3.0]])


def test_nobody_is_asked_whether_types_of_the_table_are_trusted() -> None:
    trusting = Trusting()
    pipeline = make_pipeline(FunctionTransformer(), model())
    allowlist.audit(allowlist.dump(pipeline), trusting)
    assert trusting.asked == []
