"""A compiled version's file: what does not fit is refused before anything is answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVR

from flyball.domain.errors import ArtifactCorrupt, ModelFailed
from flyball.domain.routing import Manifest
from flyball.domain.schema import Field, Kind, Schema
from flyball.inference import compiled_runtime
from flyball.inference.compiled import document
from flyball.inference.compiled.arrays import packed
from flyball.inference.compiled.columns import Column, Encoder, Numbers, Step
from flyball.inference.compiled.estimators import Estimator
from flyball.inference.compiled.estimators.centres import Centres, Halves
from flyball.inference.compiled.estimators.constant import Constant
from flyball.inference.compiled.estimators.densities import Mixture
from flyball.inference.compiled.estimators.linear import Linear
from flyball.inference.compiled.estimators.trees import Trees
from flyball.inference.frame import frame
from flyball.learning.compiling.version import as_document
from flyball.learning.pipeline import prepared
from tests.learning.compiling.encoded import SCHEMA, rows

KNOWN = rows(200, seed=5)


@cache
def written() -> bytes:
    """A sound file."""
    model = prepared(SCHEMA, LogisticRegression(), task="classification")
    model.fit(frame(SCHEMA, KNOWN), np.arange(len(KNOWN)) % 2)
    return as_document(model, SCHEMA, "classification", (0, 1))


def manifest(**changes: Any) -> Manifest:
    """What a server knows of it."""
    facts: dict[str, Any] = {"task": "classification", "schema": SCHEMA, "classes": (0, 1)}
    return Manifest(**{"endpoint": "x", "number": 1, "artifacts": (), **facts, **changes})


def changed(edit: Callable[[dict[str, Any]], Any]) -> bytes:
    """The file with a part changed by hand."""
    parts = msgspec.msgpack.decode(written())
    edit(parts)
    return msgspec.msgpack.encode(parts)


def test_a_sound_file_answers() -> None:
    opened = compiled_runtime.opened(manifest(), written())
    together = opened.predict(KNOWN[:20])
    assert [opened.predict([row])[0]["label"] for row in KNOWN[:20]] == [each["label"] for each in together]
    assert together[0]["probabilities"].keys() == {"0", "1"}
    assert opened.predict([]) == []


@pytest.mark.parametrize(("columns", "is_direct"), [(2, True), (200, False)])
def test_a_machine_that_takes_milliseconds_is_not_asked_on_the_event_loop(
    columns: int, is_direct: bool
) -> None:
    draw = np.random.default_rng(1)
    schema = Schema(tuple(Field(name=f"x{place}", kind=Kind.NUMBER) for place in range(columns)))
    inputs, values = draw.normal(size=(900, columns)), draw.normal(size=900)
    data = as_document(SVR().fit(inputs, values), schema, "regression")
    opened = compiled_runtime.opened(manifest(schema=schema, task="regression"), data)
    assert opened.direct is is_direct
    assert np.isfinite(opened.predict([dict.fromkeys(schema.names, 0.5)])[0]["value"])


def a_column(*steps: Step) -> Encoder:
    """An encoder of one number."""
    return Encoder(1, (Numbers("x", (Column(0, 0.0, None, steps),)),))


def many_trees(number: int) -> Trees:
    """So many trees of one split."""
    place = np.arange(number)
    return Trees(
        roots=packed(place),
        column=packed(np.zeros_like(place)),
        threshold=packed(np.zeros(number)),
        left=packed(-1 - 2 * place),
        right=packed(-2 - 2 * place),
        missing_left=packed(np.zeros(number, dtype=np.uint8)),
        values=packed(np.ones((2 * number, 1))),
        start=packed(np.zeros(1)),
        divisor=1,
        link="value",
        single=False,
        missing=True,
    )


def halving(splits: int) -> Halves:
    """Clusters of which each is split from all the others."""
    later = [place + 1 if place + 1 < splits else -1 - splits for place in range(splits)]
    children = np.array([later, [-1 - place for place in range(splits)]]).T
    return Halves(packed(np.ones((splits, 2, 1))), packed(children))


LARGE = 200_000
SLOW: list[tuple[str, Encoder, Estimator]] = [
    (
        "columns",
        Encoder(LARGE, (Numbers("x", tuple(Column(place, 0.0) for place in range(LARGE))),)),
        Constant(packed(np.array(1.0))),
    ),
    ("steps", a_column(*[Step("plus", 1.0)] * LARGE), Constant(packed(np.array(1.0)))),
    ("trees", a_column(), many_trees(40_000)),
    ("clusters", a_column(), Centres(packed(np.ones((LARGE, 1))))),
    ("splits", a_column(), halving(2_000)),
    (
        "components",
        a_column(),
        Mixture(*[packed(np.ones(shape)) for shape in ((LARGE, 1), LARGE, (LARGE, 1))]),
    ),
    ("classes", a_column(), Linear(packed(np.ones((LARGE, 1))), packed(np.ones(LARGE)), "softmax")),
]


@pytest.mark.parametrize(("encoder", "estimator"), [row[1:] for row in SLOW], ids=[row[0] for row in SLOW])
def test_no_file_that_takes_a_row_long_is_asked_on_the_event_loop(
    encoder: Encoder, estimator: Estimator
) -> None:
    schema = Schema((Field(name="x", kind=Kind.NUMBER),))
    data = document.written(schema, encoder, estimator)
    assert not compiled_runtime.opened(manifest(schema=schema, task="clustering"), data).direct


def first(parts: dict[str, Any], name: str) -> dict[str, Any]:
    """The first part of that kind of the encoder."""
    part: dict[str, Any] = parts["encoder"][name][0]
    return part


def column(parts: dict[str, Any]) -> dict[str, Any]:
    """A column of a number that is scaled."""
    found: dict[str, Any] = first(parts, "numbers")["columns"][0]
    assert found["steps"]
    return found


FORGED: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("another format", lambda parts: parts.update(format=2)),
    ("no format", lambda parts: parts.pop("format")),
    ("no classes", lambda parts: parts.update(classes=[])),
    ("classes of another type", lambda parts: parts.update(classes=["0", "1"])),
    ("classes in another order", lambda parts: parts.update(classes=[1, 0])),
    ("classes that are true and false", lambda parts: parts.update(classes=[False, True])),
    ("a class more", lambda parts: parts.update(classes=[0, 1, "1"])),
    ("a class that is no number", lambda parts: parts.update(classes=[0, float("nan")])),
    ("classes that are no labels", lambda parts: parts.update(classes=[[0], [1]])),
    ("a part that no release has", lambda parts: parts.update(colour="x")),
    ("another schema", lambda parts: parts["fields"].pop()),
    ("another kind", lambda parts: parts["fields"].__setitem__(0, ["number", "text"])),
    ("a kind that is none", lambda parts: parts["fields"].__setitem__(0, ["number", "picture"])),
    ("no estimator", lambda parts: parts.pop("estimator")),
    ("an estimator of no family", lambda parts: parts["estimator"].update(type="shell")),
    ("a width beyond all memory", lambda parts: parts["encoder"].update(width=2**62)),
    ("a width below zero", lambda parts: parts["encoder"].update(width=-1)),
    ("a column left out", lambda parts: first(parts, "numbers").update(columns=[])),
    ("a column made twice", lambda parts: column(parts).update(place=1)),
    ("a place beyond the matrix", lambda parts: column(parts).update(place=2**40)),
    ("a place that is a text", lambda parts: column(parts).update(place="0")),
    ("a step that is no operation", lambda parts: column(parts)["steps"][0].update(operation="exec")),
    ("a division by zero", lambda parts: column(parts)["steps"][1].update(number=0.0)),
    ("a step without end", lambda parts: column(parts)["steps"][0].update(number=float("inf"))),
    ("a step with no number", lambda parts: column(parts)["steps"][0].update(number=float("nan"))),
    ("a field that is not there", lambda parts: first(parts, "numbers").update(field="x")),
    ("a number made of a text", lambda parts: first(parts, "numbers").update(field="note")),
    ("a table of a timestamp", lambda parts: first(parts, "tables").update(field="at")),
    ("a table of numbers", lambda parts: first(parts, "tables").update(numbers=True)),
    ("a key twice", lambda parts: first(parts, "tables")["keys"].__setitem__(0, "b")),
    ("a key that is a number", lambda parts: first(parts, "tables")["keys"].__setitem__(0, 3)),
    ("a key less", lambda parts: first(parts, "tables")["keys"].pop()),
    ("values of another type", lambda parts: first(parts, "tables")["values"].update(dtype="<i8")),
    ("values without a row", lambda parts: first(parts, "tables")["values"].update(shape=[0, 5], data=b"")),
    ("a part that no day has", lambda parts: first(parts, "moments")["columns"][0].__setitem__(0, 6)),
    ("a moment of a text", lambda parts: first(parts, "moments").update(field="note")),
    ("a word too few", lambda parts: first(parts, "words")["words"].pop()),
    ("a word that is not there", lambda parts: first(parts, "words")["columns"][0].__setitem__(0, 10**6)),
    ("a weight too few", lambda parts: first(parts, "words")["weights"].update(shape=[1], data=bytes(8))),
]


@pytest.mark.parametrize("edit", [case[1] for case in FORGED], ids=[case[0] for case in FORGED])
def test_a_forged_file_is_refused(edit: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(ArtifactCorrupt):
        compiled_runtime.opened(manifest(), changed(edit))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xc1", b"\x91" * 100_000, b"PK\x03\x04", b"\x80\x04K\x01."])
def test_what_is_no_compiled_version_is_refused(data: bytes) -> None:
    with pytest.raises(ArtifactCorrupt):
        compiled_runtime.opened(manifest(), data)


def test_every_file_cut_short_is_refused() -> None:
    data = written()
    for length in range(0, len(data), max(1, len(data) // 97)):
        with pytest.raises(ArtifactCorrupt):
            document.read(data[:length], SCHEMA)


@pytest.mark.parametrize(
    "change",
    [{"task": "regression"}, {"task": "clustering"}],
    ids=["regression", "clustering"],
)
def test_a_version_of_another_task_gets_no_answer(change: dict[str, Any]) -> None:
    opened = compiled_runtime.opened(manifest(**change), written())
    with pytest.raises(ModelFailed):
        opened.predict(KNOWN[:1])
    with pytest.raises(ModelFailed):
        opened.predict(KNOWN[:2])


def test_a_version_with_another_number_of_classes_gives_no_answer() -> None:
    more = ("a", "b", "c")
    data = changed(lambda parts: parts.update(classes=more))
    opened = compiled_runtime.opened(manifest(classes=more), data)
    with pytest.raises(ModelFailed):
        opened.predict(KNOWN[:1])


def test_a_schema_without_the_fields_is_refused() -> None:
    with pytest.raises(ArtifactCorrupt, match="another schema"):
        document.read(written(), Schema(SCHEMA.fields[:2]))


def test_the_same_version_is_the_same_file() -> None:
    before = written()
    written.cache_clear()
    assert written() == before
