"""Attacks by a model file: what it may not bring is refused before anything is made of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.ensemble import GradientBoostingClassifier, IsolationForest, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import SVC

from flyball.domain.errors import ArtifactCorrupt, ArtifactUntrusted
from flyball.inference import allowlist
from flyball.inference.transformers import Words
from tests.inference.forging import Artifact, forged, function, plain

DRAW = np.random.default_rng(0)
INPUTS = DRAW.normal(size=(60, 3))
LABELS = INPUTS[:, 0] > 0
TEXTS = pd.Series(["the quick brown fox", "over lazy dogs"] * 30, dtype=object)
KINDS = pd.DataFrame({"kind": np.array(["a", "b", "c"], dtype=object)[np.arange(60) % 3]})
SIZES = pd.DataFrame({"size": np.array([1.0, 2.0, 3.0])[np.arange(60) % 3]})

Edit = Callable[[Artifact], None]


def words() -> Any:
    """Words before a linear model."""
    return make_pipeline(Words(4), LogisticRegression()).fit(TEXTS, LABELS)


def encoded() -> Any:
    """One-hot categories before a linear model."""
    return make_pipeline(OneHotEncoder(sparse_output=False), LogisticRegression()).fit(KINDS, LABELS)


def grouped() -> Any:
    """As above, with rare categories in one column."""
    encoder = OneHotEncoder(sparse_output=False, max_categories=2, handle_unknown="infrequent_if_exist")
    return make_pipeline(encoder, LogisticRegression()).fit(KINDS, LABELS)


def measured() -> Any:
    """Numbers as categories."""
    return make_pipeline(OneHotEncoder(sparse_output=False), LogisticRegression()).fit(SIZES, LABELS)


def ordered() -> Any:
    """Categories by their places."""
    return make_pipeline(OrdinalEncoder(), LogisticRegression()).fit(KINDS, LABELS)


def fitted(model: BaseEstimator) -> Callable[[], Any]:
    """A model of numbers."""
    return lambda: model.fit(INPUTS, LABELS)


def sets(path: str, value: Any) -> Edit:
    """Give an attribute another plain value."""
    return lambda artifact: artifact.replace(path, plain(value))


def names(path: str, module: str, name: str) -> Edit:
    """Give an attribute a function."""
    return lambda artifact: artifact.replace(path, function(module, name))


def lacks(path: str) -> Edit:
    """Leave an attribute out."""
    where, _, name = path.rpartition(".")
    return lambda artifact: artifact.inside(where).pop(name) and None


def changes(path: str, change: Callable[[np.ndarray], np.ndarray]) -> Edit:
    """Change an array."""
    return lambda artifact: artifact.put(path, change(artifact.array(path)))


def more_trees(artifact: Artifact) -> None:
    """Two trees a stage, for one output."""
    node = artifact.at("estimators_")
    for row in node["content"]:
        row["content"] *= 2
    node["shape"]["content"][1] = plain(2)


def sparse(artifact: Artifact) -> None:
    """Coefficients that are a sparse matrix, which points where it wants."""
    artifact.inside()["coef_"] = {
        "__class__": "ndarray",
        "__module__": "numpy",
        "__loader__": "SparseMatrixNode",
        "type": "scipy",
        "file": next(iter(artifact.files)),
    }


def shares(artifact: Artifact) -> None:
    """Sixty lists, each twice in the next: 2 to the 60 ways through them."""
    node: Any = plain(0)
    for depth in range(60):
        here = {
            "__class__": "list",
            "__module__": "builtins",
            "__loader__": "ListNode",
            "__id__": depth + 10**9,
        }
        again = {"__loader__": "ListNode", "__id__": depth - 1 + 10**9} if depth else plain(0)
        node = {**here, "content": [node, again]}
    artifact.inside()["class_weight"] = node


def nests(artifact: Artifact) -> None:
    """A list inside a list, three hundred times."""
    node: Any = plain(0)
    for _ in range(300):
        node = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": [node]}
    artifact.inside()["class_weight"] = node


def isolated() -> Any:
    """Two trees, of one column each."""
    return IsolationForest(n_estimators=2, max_features=1, random_state=0).fit(INPUTS)


WORD = "steps.0.1.vectorizer_"
ATTACKS: list[tuple[str, Callable[[], Any], Edit]] = [
    ("a text that is the name of a file", words, sets(f"{WORD}.input", "filename")),
    ("a text that is an open file", words, sets(f"{WORD}.input", "file")),
    ("a pattern that searches for ever", words, sets(f"{WORD}.token_pattern", r"(\w+\s?)+!$")),
    ("a function that reads words", words, names(f"{WORD}.analyzer", "numpy", "fromfile")),
    ("a tokenizer", words, names(f"{WORD}.tokenizer", "numpy", "log1p")),
    ("a preprocessor", words, names(f"{WORD}.preprocessor", "numpy", "log1p")),
    ("an encoding that runs code when it is found", words, sets(f"{WORD}.encoding", "idna")),
    ("words beyond the columns", words, sets(f"{WORD}.vocabulary_.lazy", 10**6)),
    ("a word before the first column", words, sets(f"{WORD}.vocabulary_.lazy", -5)),
    ("weights for fewer words", words, changes(f"{WORD}._tfidf.idf_", lambda array: array[:1])),
    ("a machine with a kernel of its own", fitted(SVC()), sets("kernel", "precomputed")),
    ("a sparse machine", fitted(SVC()), sets("_sparse", True)),
    ("a machine of too many classes", fitted(SVC()), changes("classes_", lambda array: np.arange(9))),
    ("more trees than outputs", fitted(GradientBoostingClassifier(n_estimators=2)), more_trees),
    ("no tree", fitted(RandomForestClassifier(1)), sets("estimators_.0.tree_", None)),
    ("a forest without columns", fitted(RandomForestClassifier(1)), lacks("n_features_in_")),
    ("a tree for a column that is not there", isolated, changes("estimators_features_.0", lambda at: at + 9)),
    ("a tree for columns before the first", isolated, changes("estimators_features_.0", lambda at: at - 9)),
    ("a tree for more columns than it has", isolated, sets("_max_features", 2)),
    ("depths of fewer nodes", isolated, changes("_decision_path_lengths.0", lambda each: each[:1])),
    (
        "more rows a leaf than nodes",
        isolated,
        changes("_average_path_length_per_tree.0", lambda each: each[:1]),
    ),
    ("depths of fewer trees", isolated, sets("_decision_path_lengths", None)),
    ("centres without columns", fitted(KMeans(2)), lacks("n_features_in_")),
    ("neighbours without columns", fitted(KNeighborsClassifier()), lacks("n_features_in_")),
    ("a machine without columns", fitted(SVC()), lacks("n_features_in_")),
    (
        "neighbours of a class that is not there",
        fitted(KNeighborsClassifier()),
        changes("_y", lambda y: y + 99),
    ),
    (
        "neighbours that are no numbers",
        fitted(KNeighborsClassifier()),
        changes("_fit_X", lambda x: x * np.nan),
    ),
    ("a sparse matrix under another name", fitted(LogisticRegression()), sparse),
    ("shared nodes", fitted(LogisticRegression()), shares),
    ("nested nodes", fitted(LogisticRegression()), nests),
    ("fewer columns than categories", encoded, sets("steps.0.1._n_features_outs.0", 1)),
    (
        "categories out of order",
        measured,
        changes("steps.0.1.categories_.0", lambda array: array[::-1].copy()),
    ),
    (
        "a rare category beyond the columns",
        grouped,
        changes("steps.0.1._default_to_infrequent_mappings.0", lambda array: array + 1000),
    ),
    ("a missing category as a function", ordered, names("steps.0.1.encoded_missing_value", "numpy", "log1p")),
    (
        "a billion combinations",
        lambda: make_pipeline(PolynomialFeatures(2), LogisticRegression()).fit(INPUTS, LABELS),
        sets("steps.0.1._max_degree", 1000),
    ),
    ("an attribute that no such type has", fitted(GaussianNB()), sets("predict", "x")),
    ("a parameter that no such type has", fitted(LogisticRegression()), sets("shell", "x")),
    (
        "a score that is a function of the system",
        fitted(GaussianNB()),
        names("var_smoothing", "os", "system"),
    ),
    (
        "five hundred processes",
        lambda: make_pipeline(FeatureUnion([("s", StandardScaler())]), LogisticRegression()).fit(
            INPUTS, LABELS
        ),
        sets("steps.0.1.n_jobs", 500),
    ),
]


@pytest.mark.parametrize(("make", "edit"), [row[1:] for row in ATTACKS], ids=[row[0] for row in ATTACKS])
def test_a_model_that_brings_what_it_may_not_is_refused(make: Callable[[], Any], edit: Edit) -> None:
    data = forged(make(), edit)
    with pytest.raises((ArtifactUntrusted, ArtifactCorrupt)):
        allowlist.construct(data)


RESET = [
    ("processors of a forest", RandomForestClassifier(2), "n_jobs", 500, None),
    ("threads of centres", KMeans(2), "_n_threads", -1, 1),
    ("what a forest says while it answers", RandomForestClassifier(2), "verbose", 9, 0),
]


@pytest.mark.parametrize(
    ("model", "name", "value", "after"), [row[1:] for row in RESET], ids=[r[0] for r in RESET]
)
def test_what_says_nothing_of_the_model_is_set_anew(model: Any, name: str, value: Any, after: Any) -> None:
    model.fit(INPUTS, LABELS)
    again = allowlist.construct(forged(model, sets(name, value)))
    assert getattr(again, name) == after
    assert again.predict(INPUTS).tolist() == model.predict(INPUTS).tolist()


def test_what_a_fit_leaves_behind_is_not_read(tmp_path: Path) -> None:
    model = CalibratedClassifierCV(SVC(), ensemble=False, cv=2).fit(INPUTS, LABELS)
    again = allowlist.construct(forged(model, names("cv", "os", "system")))
    assert again.cv is None
    assert again.predict_proba(INPUTS).tolist() == model.predict_proba(INPUTS).tolist()


ARRAYS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("code for a header", lambda data: data.replace(b"'fortran_order': False", b"'fortran_order': exit( )")),
    ("objects", lambda data: data.replace(b"'<f8'", b"'|O' ")),
    ("another machine's numbers", lambda data: data.replace(b"'<f8'", b"'>f8'")),
    ("fewer bytes than its shape says", lambda data: data[:-8]),
    ("more bytes than its shape says", lambda data: data + bytes(8)),
    ("a shape of a billion", lambda data: data.replace(b"(1, 3)", b"(9999999999, 3)")),
    ("no array", lambda data: b"not an array"),
    ("nothing", lambda data: b""),
]


@pytest.mark.parametrize("change", [row[1] for row in ARRAYS], ids=[row[0] for row in ARRAYS])
def test_an_array_that_no_model_has_is_refused(change: Callable[[bytes], bytes]) -> None:
    def edit(artifact: Artifact) -> None:
        name = artifact.at("coef_")["file"]
        artifact.files[name] = change(artifact.files[name])

    with pytest.raises(ArtifactUntrusted):
        allowlist.construct(forged(fitted(LogisticRegression())(), edit))


@pytest.mark.parametrize("letter", [0xD800, 0x110000, 0xFFFFFFFF], ids=["half a pair", "too far", "farthest"])
def test_a_text_that_is_none_is_refused(letter: int) -> None:
    model = LogisticRegression().fit(INPUTS, np.where(LABELS, "yes", "no"))

    def change(array: np.ndarray) -> np.ndarray:
        letters = array.view(np.uint32).copy()
        letters[0] = letter
        return letters.view(array.dtype)

    with pytest.raises(ArtifactUntrusted):
        allowlist.construct(forged(model, changes("classes_", change)))


def test_a_description_that_unpacks_to_too_much_is_refused_unread() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b" " * (65 * 1024 * 1024) + b"{}")
    with pytest.raises(ArtifactUntrusted, match="64 MiB"):
        allowlist.audit(buffer.getvalue())


def test_two_files_of_one_name_are_refused() -> None:
    artifact = Artifact(allowlist.dump(fitted(GaussianNB())()))
    buffer = io.BytesIO(artifact.packed())
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("schema.json", json.dumps(artifact.root))
    with pytest.raises(ArtifactUntrusted, match="one name"):
        allowlist.audit(buffer.getvalue())


@pytest.mark.parametrize("protocol", [0, 1, 3, True, None, "2"])
def test_a_format_that_the_audit_does_not_know_is_refused(protocol: Any) -> None:
    with pytest.raises(ArtifactUntrusted, match="format"):
        allowlist.audit(
            forged(fitted(GaussianNB())(), lambda artifact: artifact.root.update(protocol=protocol))
        )
