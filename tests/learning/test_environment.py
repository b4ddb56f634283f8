"""The facts of where a build ran."""

from __future__ import annotations

import platform
import subprocess
from importlib import metadata
from pathlib import Path

import hypothesis
import msgspec
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from flyball import Candidate, Regression
from flyball.learning.environment import environment, models_of


def git(folder: Path, *arguments: str) -> str:
    """Run git with a name of its own."""
    names = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", *names, "-C", folder, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_clean_tree_is_named_by_its_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "endpoints.py").write_text("")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    facts = environment(tmp_path)
    assert (facts["commit"], facts["dirty"]) == (git(tmp_path, "rev-parse", "HEAD"), False)
    (tmp_path / "endpoints.py").write_text("changed")
    assert environment(tmp_path)["dirty"] is True


def test_code_that_is_in_no_repository_has_no_commit(tmp_path: Path) -> None:
    facts = environment(tmp_path)
    assert (facts["commit"], facts["dirty"]) == (None, None)


def test_the_versions_are_those_that_are_installed(tmp_path: Path) -> None:
    facts = environment(tmp_path)
    assert facts["python"] == platform.python_version()
    for name in ("django-flyball", "Django", "joblib", "scikit-learn", "threadpoolctl"):
        assert facts["libraries"][name] == metadata.version(name)


def test_the_distributions_of_a_declaration_s_own_classes_are_named_too(tmp_path: Path) -> None:
    class Risk(Regression):
        candidates = ["linear", Candidate("own", make_pipeline(FunctionTransformer(hypothesis.note)))]
        trusted = [msgspec.Raw, Path, type("Local", (), {})]

    facts = environment(tmp_path, models_of(Risk))
    added = facts["libraries"].keys() - environment(tmp_path)["libraries"].keys()
    assert added == {"hypothesis", "msgspec"}
    assert facts["libraries"]["msgspec"] == metadata.version("msgspec")
