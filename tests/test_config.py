"""Settings come from the environment, once; what does not fit is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from flyball.config import load


def test_the_defaults_stay_on_this_machine(tmp_path: Path) -> None:
    config = load({}, base=tmp_path)
    assert config.host == "127.0.0.1"
    assert config.home == tmp_path / ".flyball"
    assert config.database_url == f"sqlite:///{tmp_path}/.flyball/flyball.sqlite3"


def test_a_setting_is_read_as_its_type(tmp_path: Path) -> None:
    environ = {
        "FLYBALL_HOME": str(tmp_path),
        "FLYBALL_PORT": "9000",
        "FLYBALL_DEBUG": "true",
        "FLYBALL_ALLOWED_HOSTS": "a.example, b.example",
    }
    config = load(environ)
    assert (config.home, config.port, config.debug) == (tmp_path, 9000, True)
    assert config.allowed_hosts == ("a.example", "b.example")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FLYBALL_PORT", "wherever"),
        ("FLYBALL_PORT", "99999"),
        ("FLYBALL_DEBUG", "wherever"),
        ("FLYBALL_REFRESH_SECONDS", "wherever"),
        ("FLYBALL_LOG_LEVEL", "loud"),
        ("FLYBALL_DATABASE_URL", "mysql://user:secret@db/name"),
    ],
)
def test_a_setting_that_does_not_fit_is_named_and_not_echoed(variable: str, value: str) -> None:
    with pytest.raises(ValueError, match=variable) as caught:
        load({variable: value})
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUEUE_SIZE", "0"),
        ("QUEUE_SIZE", "-1"),
        ("REFRESH_SECONDS", "0"),
        ("REFRESH_SECONDS", "-0.5"),
        ("REFRESH_SECONDS", "nan"),
        ("REFRESH_SECONDS", "inf"),
        ("BODY_LIMIT", "0"),
    ],
)
def test_a_setting_with_which_nothing_could_work_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^FLYBALL_{name} does not fit: Expected .*[^?]$"):
        load({f"FLYBALL_{name}": value})


@pytest.mark.parametrize(
    "value", ["data", "/", "/.", "/data,.", "//", "/data/{user}", "/data/{team", "~/data"]
)
def test_a_folder_of_batches_that_could_be_anywhere_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"^FLYBALL_BATCH_FOLDERS does not fit: Expected folders"):
        load({"FLYBALL_BATCH_FOLDERS": value})


def test_folders_of_batches_are_read() -> None:
    assert load({"FLYBALL_BATCH_FOLDERS": "/data/{team}, /more"}).batch_folders == ("/data/{team}", "/more")
    assert load({"FLYBALL_BATCH_FOLDERS": ""}).batch_folders == ()


@pytest.mark.parametrize("value", ["everywhere", "10.0.0.0/8, everywhere", "10.0.0.0/99"])
def test_a_proxy_that_is_no_address_is_named_and_not_echoed(value: str) -> None:
    with pytest.raises(ValueError, match=r"^FLYBALL_TRUSTED_PROXIES does not fit") as caught:
        load({"FLYBALL_TRUSTED_PROXIES": value})
    assert "everywhere" not in str(caught.value)


HTTPS: list[tuple[dict[str, str], bool]] = [
    ({}, False),
    ({"FLYBALL_HOST": "127.0.0.2"}, False),
    ({"FLYBALL_HOST": "localhost"}, False),
    ({"FLYBALL_HOST": "::1"}, False),
    ({"FLYBALL_HOST": "192.0.2.1"}, True),
    ({"FLYBALL_HOST": "flyball.example"}, True),
    ({"FLYBALL_HOST": "192.0.2.1", "FLYBALL_HTTPS": "false"}, False),
    ({"FLYBALL_HTTPS": "true"}, True),
]


@pytest.mark.parametrize(("environ", "is_https"), HTTPS)
def test_people_come_by_https_where_the_address_is_not_local(environ: dict[str, str], is_https: bool) -> None:
    assert load(environ).is_https is is_https
