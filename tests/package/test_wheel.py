"""What the wheel holds, and what it says of itself."""

from __future__ import annotations

import re
import subprocess
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

import flyball
from tests.package.conftest import ROOT


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """The paths of its files."""
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """Its core metadata."""
    with ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(archive.read(path).decode())


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(names: set[str]) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "flyball"],
        cwd=ROOT / "src",
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    there = {name for name in listed if (ROOT / "src" / name).exists()}
    assert {name for name in names if ".dist-info/" not in name} == there


PARTS = [
    (r"flyball/py\.typed", "the types are the user's mypy's too"),
    (r"flyball/control/\w+/migrations/0001_initial\.py", "migrate makes the tables"),
    (r"flyball/project/migrations/0001_initial\.py", "migrate makes the users"),
    (r"flyball/cli/scaffold/endpoints\.py\.txt", "init writes a project"),
    (r"flyball/cli/management/commands/flyball\.py", "manage.py knows the command"),
    (r"[^/]+\.dist-info/licenses/LICENSE", "the licence goes with what it allows"),
    (r"[^/]+\.dist-info/entry_points\.txt", "the command is on the PATH"),
]


@pytest.mark.parametrize(("pattern", "reason"), PARTS, ids=[reason for _, reason in PARTS])
def test_the_wheel_holds_what_users_need(pattern: str, reason: str, names: set[str]) -> None:
    assert [name for name in names if re.fullmatch(pattern, name)]


def test_no_test_example_or_made_file_is_installed_beside_it(names: set[str]) -> None:
    tops = {PurePosixPath(name).parts[0].removesuffix(".dist-info") for name in names}
    assert tops == {"flyball", f"django_flyball-{flyball.__version__}"}


def test_it_is_called_django_flyball_and_has_the_version_that_the_package_says(metadata: Message) -> None:
    assert (metadata["Name"], metadata["Version"]) == ("django-flyball", flyball.__version__)


def test_each_python_that_it_names_is_one_that_it_may_be_installed_on(metadata: Message) -> None:
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(metadata.get_all("Classifier", [])))
    lowest, above = sorted(int(minor) for minor in re.findall(r"3\.(\d+)", metadata["Requires-Python"]))
    assert named == [f"3.{minor}" for minor in range(lowest, above)]


@pytest.mark.parametrize("name", ["dev", "run", "uv"])
def test_a_lock_has_a_hash_for_each_requirement_and_names_no_host(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    requirements = re.findall(r"^[a-z].*?(?=^[a-z]|\Z)", text, re.M | re.S)
    assert requirements
    assert [each for each in requirements if "--hash=sha256:" not in each] == []
    assert re.findall(r"://|^\s*--(?!hash=)\S+|^-\S+", text, re.M) == []
