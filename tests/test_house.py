"""The house rules that linters miss: what is loaded when, sizes, and documents that cannot lie."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import click
import pytest
from django.urls import URLPattern, get_resolver

import flyball
from flyball.cli.main import main
from flyball.config import Config
from flyball.domain import errors, faults
from flyball.serving.http import paths
from flyball.serving.http.paths import PATHS

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "flyball"
DOCS = ROOT / "docs"
HEAVY = {
    "django",
    "rest_framework",
    "celery",
    "sklearn",
    "pandas",
    "scipy",
    "pyarrow",
    "duckdb",
    "optuna",
    "skops",
    "lightgbm",
    "xgboost",
}


@cache
def python_files(*folders: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [
        ROOT / name for name in listed.stdout.splitlines() if name.endswith(".py") and (ROOT / name).exists()
    ]


def in_a_fresh_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_by(*modules: str) -> set[str]:
    code = f"import {', '.join(modules)}, sys; print(*(name.partition('.')[0] for name in sys.modules))"
    return set(in_a_fresh_process(code).split())


def modules_of(package: str) -> list[str]:
    folder = SOURCE / package
    names = [path.relative_to(SOURCE.parent).with_suffix("") for path in sorted(folder.rglob("*.py"))]
    return [".".join(name.parts).removesuffix(".__init__") for name in names]


# What is loaded when


def test_the_domain_loads_only_the_standard_library_and_numpy() -> None:
    before = loaded_by("numpy")
    allowed = before | set(sys.stdlib_module_names) | {"flyball"}
    assert loaded_by("numpy", *modules_of("domain")) - allowed == set()


def test_settings_load_nothing_heavier_than_msgspec() -> None:
    allowed = loaded_by("msgspec") | set(sys.stdlib_module_names) | {"flyball"}
    assert loaded_by("flyball.config") - allowed == set()


def test_the_data_plane_loads_no_django_celery_scikit_learn_or_pandas() -> None:
    assert loaded_by("flyball.serving.app", *modules_of("serving")) & HEAVY == set()


def test_snapshots_load_no_django_and_no_scikit_learn() -> None:
    found = loaded_by(*modules_of("snapshots"))
    assert "duckdb" in found
    assert found & {"django", "rest_framework", "celery", "sklearn", "psycopg"} == set()


def test_declarations_load_no_django_and_no_scikit_learn() -> None:
    assert loaded_by("flyball") & HEAVY == set()


def test_the_command_line_starts_without_what_only_some_commands_use() -> None:
    some = {"granian", "httpx", "asyncio", "rich"}
    assert loaded_by("flyball.cli.main") & (HEAVY | some) == set()


WATCH = """
import sys
import django
from django.conf import settings
from flyball import APPS

settings.configure(
    INSTALLED_APPS=["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes",
                    "django.contrib.messages", "django.contrib.sessions", "rest_framework", *APPS],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/nowhere/at/all"}},
    SECRET_KEY="only for this process", ROOT_URLCONF="flyball.urls", USE_TZ=True,
)
WATCHED = ("open", "socket.", "sqlite3.", "subprocess.", "os.", "shutil.", "tempfile.")

def at_import(frame):
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return None  # reading the module itself
        if frame.f_code.co_name == "<module>":
            return frame.f_globals.get("__name__", "")
        frame = frame.f_back

def watch(event, arguments):
    if event.startswith(WATCHED) and (at_import(sys._getframe(1)) or "").startswith("flyball"):
        print(at_import(sys._getframe(1)), event)

sys.addaudithook(watch)
django.setup()
for name in MODULES:
    __import__(name)
"""


def test_importing_does_no_input_or_output() -> None:
    names = [name for name in modules_of(".") if not name.startswith("flyball.project")]
    assert "flyball.cli.main" in names
    assert in_a_fresh_process(f"MODULES = {names!r}\n{WATCH}") == ""


def test_django_with_every_app_loads_no_celery_and_nothing_that_learns() -> None:
    code = f"MODULES = ['flyball.urls', 'flyball.api.urls']\n{WATCH}\nprint(*sys.modules)"
    found = {name.partition(".")[0] for name in in_a_fresh_process(code).split()}
    assert "rest_framework" in found
    assert found & (HEAVY - {"django", "rest_framework"}) == set()


# Sizes


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(ROOT)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1


def test_every_file_opens_with_a_one_line_docstring() -> None:
    captions = {path: ast.get_docstring(ast.parse(path.read_text()), clean=False) for path in python_files()}
    assert [path for path, text in captions.items() if not text or "\n" in text] == []


def test_no_file_is_longer_than_400_lines_and_half_are_shorter_than_120() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in python_files()}
    assert {path: length for path, length in lines.items() if length > 400} == {}
    assert median(lines[path] for path in python_files("src")) < 120


def test_no_function_is_longer_than_50_lines_and_half_are_shorter_than_12() -> None:
    lengths = dict(function for path in python_files() for function in functions(path))
    assert {name: length for name, length in lengths.items() if length > 50} == {}
    assert median(length for path in python_files("src") for _, length in functions(path)) < 12


def test_no_folder_of_the_package_holds_more_than_16_modules() -> None:
    rooms = Counter(path.parent for path in python_files("src") if path.name != "__init__.py")
    assert {room: modules for room, modules in rooms.items() if modules > 16} == {}


def test_no_module_is_a_junk_drawer() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc"}
    assert [path for path in python_files() if path.stem in drawers or path.parent.name in drawers] == []


def test_no_check_is_switched_off_without_a_code_and_a_reason() -> None:
    reason = r"(?:: [A-Z]+\d+(?:, ?[A-Z]+\d+)*|\[[\w, -]+\])\s+[-#] \S"
    switched = re.compile(rf"# (?:noqa|type: ignore)(?!{reason}).*")
    found = {path: switched.findall(path.read_text()) for path in python_files("src", "tests")}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_nothing_is_ever_unpickled() -> None:
    imports = re.compile(r"^\s*(import|from)\s+(pickle|cloudpickle|joblib|dill|shelve|marshal)\b", re.M)
    assert [path for path in python_files("src") if imports.search(path.read_text())] == []


# Documents that cannot lie


def document(name: str) -> str:
    return (DOCS / name).read_text()


@pytest.mark.parametrize("field", Config.__struct_fields__)
def test_every_setting_is_documented(field: str) -> None:
    assert f"`FLYBALL_{field.upper()}`" in document("settings.md")


def error_codes() -> list[str]:
    found, waiting = set(), [errors.FlyballError]
    while waiting:
        error = waiting.pop()
        found.add(error.code)
        waiting += error.__subclasses__()
    return sorted(found)


@pytest.mark.parametrize("code", error_codes())
def test_every_error_is_documented(code: str) -> None:
    assert f"| `{code}` |" in document("errors.md")


def test_every_fault_of_a_declaration_is_documented() -> None:
    written = "".join(path.read_text() for path in python_files("src/flyball"))
    codes = set(re.findall(r'"(?:flyball\.)?([EW]\d{3})"', written))
    assert {"E001", "E015"} <= codes
    assert {code for code in codes if f"`flyball.{code}`" not in document("declaration.md")} == set()
    assert faults.BASIC


def commands(group: click.Group, prefix: str = "flyball") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


@pytest.mark.parametrize(("name", "command"), list(commands(main)), ids=[name for name, _ in commands(main)])
def test_every_command_and_option_is_documented(name: str, command: click.Command) -> None:
    section = re.search(rf"^### `{re.escape(name)}\b.*?(?=^##|\Z)", document("commands.md"), re.M | re.S)
    assert section, f"docs/commands.md has no section on {name}"
    options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
    assert [option for option in options if option != "--json" and f"`{option}" not in section[0]] == []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.methods[0]} {path.template}")
def test_every_path_of_the_data_plane_is_documented(path: paths.Path) -> None:
    text = document("http.md")
    assert path.template in text
    assert [method for method in path.methods if method not in text] == []


def management_paths() -> list[str]:
    patterns = get_resolver("flyball.api.urls").url_patterns
    templates = [str(pattern.pattern) for pattern in patterns if isinstance(pattern, URLPattern)]
    return [re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", template) for template in templates if template]


@pytest.mark.parametrize("path", management_paths())
def test_every_path_of_the_management_api_is_documented(path: str) -> None:
    assert f"/api/{path}`" in document("management.md")


def names_of_the_declaration() -> list[str]:
    import flyball

    return [name for name in flyball.__all__ if name[0].isupper() and name != "APPS"]


@pytest.mark.parametrize("name", names_of_the_declaration())
def test_every_word_of_the_declaration_is_documented(name: str) -> None:
    assert f"`{name}" in document("declaration.md")


def test_links_between_documents_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)#:]+)[)#]", page.read_text())]
    assert [(page.name, link) for page, link in links if not (page.parent / link).exists()] == []


def test_the_package_lists_what_it_loads_on_first_use() -> None:
    assert set(flyball.__all__) <= set(dir(flyball))
