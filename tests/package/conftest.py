"""The wheel, built once, and an empty environment that it is installed into."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
UV = Path(sys.executable).parent / "uv"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def newcomer(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The settings of a shell in which only the wheel, with its extras, is installed.

    What it needs is locked; uv takes it from its cache, where ``make`` has put it, or else from the index.
    """
    environment = tmp_path_factory.mktemp("newcomer") / "venv"
    _run(str(UV), "venv", "--quiet", "--python", sys.executable, str(environment))
    install = [str(UV), "pip", "install", "--quiet", "--python", str(environment / "bin" / "python")]
    locked = ["--require-hashes", "--requirement", str(ROOT / "requirements" / "run.txt")]
    for source in (["--offline"], []):
        done = subprocess.run([*install, *source, *locked], capture_output=True, text=True)
        if done.returncode == 0:
            break
    else:
        if os.environ.get("CI") == "true":
            pytest.fail(f"The locked requirements cannot be installed:\n{done.stderr}")
        pytest.skip("The locked requirements are neither in uv's cache nor to be fetched from the index.")
    # Offline and without --no-deps: a requirement that its lock does not meet is an error here.
    _run(*install, "--offline", f"django-flyball[learning,jobs,project,charts] @ {wheel.as_uri()}")
    return {"PATH": f"{environment / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"}


def _run(*words: str) -> None:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
