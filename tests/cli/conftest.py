"""The command run in this process, and projects to run it in as a process of its own."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.db import connections

from flyball.cli.main import main
from flyball.control.declarations.services import record
from flyball.control.jobs import running
from flyball.control.jobs.models import Job
from flyball.control.jobs.performing import perform
from flyball.control.routing.services import promote
from flyball.stores.database import Database
from tests.registry import small
from tests.shell import Shell

TICK = 0.05


@dataclass(frozen=True)
class Typed:
    """Types commands."""

    def __call__(self, *words: str, exits: int = 0) -> Result:
        """What a command printed; it must end with ``exits``."""
        result = CliRunner().invoke(main, list(words))
        assert result.exit_code == exits, result.output + str(result.exception)
        return result

    def json(self, *words: str, exits: int = 0) -> Any:
        """The document that ``--json`` printed."""
        return json.loads(self(*words, "--json", exits=exits).stdout)


@pytest.fixture
def typed(database: Database) -> Typed:
    """Types commands against the test database."""
    return Typed()


@pytest.fixture
def working(typed: Typed) -> Iterator[None]:
    """A thread that carries out what is asked for, as a worker does."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(TICK):
            for job in Job.objects.filter(status="queued"):
                run = running.claim(job.pk)
                if run is not None:
                    perform(run)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    ended.set()
    thread.join()


@pytest.fixture
def declare(tmp_path: Path) -> Callable[..., Any]:
    """Declares ``purchase`` over a small CSV file."""
    return lambda **attributes: small.declare(small.write_csv(tmp_path / "rows.csv"), **attributes)


@pytest.fixture
def applied(database: Database, declare: Callable[..., Any]) -> Callable[..., Any]:
    """Declares and applies ``purchase``."""

    def apply(**attributes: Any) -> Any:
        declaration = declare(**attributes)
        record(declaration=declaration)
        return declaration

    return apply


@pytest.fixture
def champion(database: Database, tmp_path: Path) -> str:
    """``purchase``, applied, built and promoted."""
    _, version = small.version(tmp_path)
    promote(endpoint="purchase", version=version.number)
    return "purchase"


@pytest.fixture(scope="session")
def scaffold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``flyball init`` makes, once; each test gets a copy."""
    folder = tmp_path_factory.mktemp("scaffold")
    Shell(folder).run("flyball", "init", "hello")
    return folder / "hello"


@pytest.fixture(scope="session")
def tables(scaffold: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``migrate`` makes there, once: Flyball's home with empty tables; each test gets a copy."""
    folder = shutil.copytree(scaffold, tmp_path_factory.mktemp("tables") / "hello")
    Shell(folder).run("python", "manage.py", "migrate", "--verbosity", "0")
    return folder / ".flyball"


@pytest.fixture
def project(scaffold: Path, tmp_path: Path) -> Shell:
    """What ``flyball init`` makes."""
    return Shell(shutil.copytree(scaffold, tmp_path / "hello"))


@pytest.fixture
def migrated(project: Shell, tables: Path) -> Shell:
    """The same with its tables."""
    shutil.copytree(tables, project.directory / ".flyball")
    return project


@pytest.fixture
def bare(migrated: Shell) -> Shell:
    """The same without an endpoint, which starts faster."""
    (migrated.directory / "hello" / "endpoints.py").write_text('"""Nothing yet."""\n')
    return migrated


@pytest.fixture
def late(migrated: Shell) -> Shell:
    """A project with an endpoint that is applied, and nobody who carries jobs out."""
    with (migrated.directory / "hello" / "endpoints.py").open("a") as endpoints:
        endpoints.write('    candidates = ["linear"]\n')
    migrated.flyball("apply")
    return migrated


@pytest.fixture
def without(tmp_path: Path) -> Callable[[Shell, str], Shell]:
    """The same project for an interpreter without the libraries of an extra."""

    def made(shell: Shell, extra: str) -> Shell:
        (tmp_path / "without").mkdir()
        # Python runs the file as it starts.
        (tmp_path / "without" / "sitecustomize.py").write_text(
            "import sys\n"
            "from flyball.domain.extras import EXTRAS\n"
            "class Absent:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            f"        if name.partition('.')[0] in EXTRAS[{extra!r}]:\n"
            "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
            "sys.meta_path.insert(0, Absent())\n"
        )
        settings = {**shell.settings, "PYTHONPATH": str(tmp_path / "without")}
        return Shell(shell.directory, settings, port=shell.port)

    return made
