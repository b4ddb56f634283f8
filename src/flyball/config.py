"""Every setting, read once from the environment, frozen."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import msgspec

from flyball.typed import known

LISTS = {"allowed_hosts", "batch_folders", "trusted_proxies", "trusted_types"}
"""The settings whose values are separated by commas."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one process. Each field is read from ``FLYBALL_<FIELD>``."""

    home: Path
    """Where snapshots, secrets and the embedded database live (a directory; see ``make_home``)."""
    database_url: Annotated[str, msgspec.Meta(pattern="^(sqlite:///|postgres(ql)?://)")]
    """``sqlite:///path`` or ``postgresql://user@host/name``."""
    host: str = "127.0.0.1"
    """The address the server binds to; loopback unless told otherwise."""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8000
    """The port the server binds to (1–65535)."""
    debug: bool = False
    """Django's ``DEBUG``."""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    """Django's ``ALLOWED_HOSTS``, separated by commas."""
    refresh_seconds: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 0.5
    """How often a server looks for a new route revision (seconds, up to a day)."""
    queue_size: Annotated[int, msgspec.Meta(ge=1)] = 1024
    """Predictions that may wait for a commit before new requests get 503 (1 or more)."""
    held_limit: Annotated[int, msgspec.Meta(ge=1)] = 100_000
    """Outcomes without a prediction that one endpoint may hold (1 or more)."""
    held_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 90
    """How long an outcome is held before ``flyball maintain`` takes it out (days, up to 100 years)."""
    idempotency_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 30
    """How long an ``Idempotency-Key`` is kept before ``flyball maintain`` takes it out (days)."""
    minute_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 400
    """How long the counts of a minute are kept before ``flyball maintain`` takes them out (days)."""
    shadow_rows: Annotated[int, msgspec.Meta(ge=1)] = 10_000
    """Predictions that may wait for a shadow before the oldest are dropped (1 or more)."""
    shadow_minutes: Annotated[int, msgspec.Meta(ge=1, le=52_560_000)] = 60
    """How long a prediction waits for a shadow before it is dropped (minutes)."""
    shadow_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 90
    """How long answers of shadows are kept before ``flyball maintain`` takes them out (days)."""
    shadow_share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.125
    """The part of a machine's processors that a shadow may take (above 0, up to 1)."""
    body_limit: Annotated[int, msgspec.Meta(ge=1)] = 16 * 1024 * 1024
    """Largest request body (bytes, 1 or more)."""
    management_body_limit: Annotated[int, msgspec.Meta(ge=1)] = 1024 * 1024
    """Largest request body of the management API and the ready-made project's admin (bytes, 1 or more)."""
    body_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=3600)] = 30
    """How long a request body may take to arrive (seconds, 0.1 to 3600)."""
    connections: Annotated[int, msgspec.Meta(ge=64)] = 3000
    """Connections that one server process holds (64 or more)."""
    idle_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=60)] = 15
    """How long a connection may be silent, or take to send the head of a request (seconds, 0.1 to 60)."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed."""
    https: bool | None = None
    """Whether people come by https: cookies go over it alone. By default where ``host`` is not local."""
    mail_url: str = ""
    """``smtp://user:password@host:587`` or ``smtps://…``, for invitations; without it, none are mailed."""
    mail_from: str = "flyball@localhost"
    """Whom mail comes from."""
    oidc_issuer: Annotated[str, msgspec.Meta(pattern="^(https?://.+)?$")] = ""
    """The issuer with which people sign in (OpenID Connect); without it, with a name and password alone."""
    oidc_client_id: str = ""
    """How the issuer knows this server."""
    oidc_client_secret: str = ""
    """What proves it to the issuer; never logged."""
    oidc_name: str = "single sign-on"
    """What follows "Sign in with" on the button."""
    drain_seconds: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 25
    """How long a server that is told to end still answers what it has begun (seconds)."""
    give_up_seconds: Annotated[float, msgspec.Meta(ge=0, le=86400)] = 60
    """How long a server whose processes keep ending may go without an answer before it gives up (seconds)."""
    trusted_types: tuple[str, ...] = ()
    """Types of your own that artifacts may hold here, as ``module.Class``, separated by commas."""
    model_memory: Annotated[int, msgspec.Meta(ge=1024 * 1024)] | None = None
    """Memory that routed models may take in one server process, by estimate (bytes); without it, any."""
    model_processes: Annotated[int, msgspec.Meta(ge=0, le=1024)] = 4
    """Models that are not compiled and have a process of their own, in one server process (0: none)."""
    import_memory: Annotated[int, msgspec.Meta(ge=256 * 1024 * 1024)] = 2 * 1024 * 1024 * 1024
    """Memory that a model from outside may take while it is tried (bytes, 256 MiB or more)."""
    import_seconds: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 60
    """Time that it may take (seconds)."""
    broker_url: Annotated[str, msgspec.Meta(pattern="^(memory|rediss?|amqps?)://")] = "memory://"
    """Celery's broker: ``memory://`` inside the one worker, ``redis://…`` or ``amqp://…`` beyond it."""
    job_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 90
    """How long a job that has ended is kept before ``flyball maintain`` takes it out (days)."""
    job_fork: bool = True
    """Whether heavy jobs are forks of a process that has loaded the project; else each loads it itself."""
    job_lease_seconds: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 30
    """After how long without a word a worker is taken to be dead (seconds, 1 to 3600)."""
    job_memory: Annotated[int, msgspec.Meta(ge=256 * 1024 * 1024)] = 4 * 1024 * 1024 * 1024
    """Memory that a heavy job may take (bytes, 256 MiB or more)."""
    job_seconds: Annotated[float, msgspec.Meta(ge=1, le=2_592_000)] = 86_400
    """Time that one attempt at a heavy job may take (seconds, up to 30 days)."""
    batch_folders: tuple[str, ...] = ()
    """Folders whose files the management API may name, separated by commas; ``{team}`` is a team's name."""
    batch_unpacked_bytes: Annotated[int, msgspec.Meta(ge=1)] = 100 * 1024**3
    """What a packed file of a batch may hold (bytes, 1 or more)."""
    batch_upload_bytes: Annotated[int, msgspec.Meta(ge=0)] = 10 * 1024**3
    """Largest file that may be uploaded for a batch (bytes); with 0, none."""
    batch_upload_folder: str = ""
    """Where uploads lie, with their answers (a folder, from ``/`` on); ``uploads`` in the home without it."""
    batch_upload_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 7
    """How long an upload is kept, with its answers (days)."""
    abtest_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=86_400)] = 60
    """How soon a running A/B test is looked at again (seconds, 0.1 to 86,400); long ones more seldom."""
    abtest_lag_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=3600)] = 60
    """How long after its time a prediction may still be committed: younger ones wait for a look (seconds)."""
    log_level: Annotated[str, msgspec.Meta(pattern="^(DEBUG|INFO|WARNING|ERROR|CRITICAL)$")] = "INFO"
    """Lowest level that is logged: DEBUG, INFO, WARNING, ERROR or CRITICAL."""
    log_format: Annotated[str, msgspec.Meta(pattern="^(text|json)$")] = "text"
    """How an event is logged: ``text``, a line for people, or ``json``, a document in a line."""

    @property
    def is_https(self) -> bool:
        """Whether people come by https: as ``https`` says, else where ``host`` is not this machine's own."""
        return not is_local(self.host) if self.https is None else self.https


known(Config)


def is_local(host: str) -> bool:
    """Whether only this machine reaches a server that binds to ``host``."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def load(environ: Mapping[str, str] = os.environ, base: Path | None = None) -> Config:
    """Read the settings.

    Parameters: ``environ``, the environment; ``base``, the project's directory, under which ``.flyball``
    is the default home. Raises ``ValueError`` naming the variable when a value does not fit.
    """
    raw = {name: environ[_variable(name)] for name in Config.__struct_fields__ if _variable(name) in environ}
    home = Path(raw.pop("home", "") or (base or Path.cwd()) / ".flyball").absolute()
    embedded = quote(str(home / "flyball.sqlite3"))  # else # and ? in a directory's name would end the path
    values: dict[str, object] = {"database_url": f"sqlite:///{embedded}", **raw}
    for name in LISTS & raw.keys():
        values[name] = [each.strip() for each in raw[name].split(",") if each.strip()]
    try:
        config = msgspec.convert({**values, "home": home}, Config, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        field = str(error).rpartition("$.")[2].rstrip("`") or "?"
        raise ValueError(f"{_variable(field)} does not fit: {str(error).partition(' - ')[0]}.") from error
    _check_networks(config.trusted_proxies)
    _check_folders("batch_folders", config.batch_folders)
    _check_folders("batch_upload_folder", (config.batch_upload_folder,) if config.batch_upload_folder else ())
    return config


def _check_folders(field: str, folders: tuple[str, ...]) -> None:
    is_for_teams = field in LISTS
    for each in folders:
        plain = each.replace("{team}", "team") if is_for_teams else each
        if not Path(plain).is_absolute() or {"{", "}"} & set(plain) or not os.path.normpath(plain).strip("/"):
            also = "; {team} may stand in them" if is_for_teams else ""
            raise ValueError(
                f"{_variable(field)} does not fit: Expected folders from / on, and not / itself{also}."
            )


def _check_networks(proxies: tuple[str, ...]) -> None:
    try:
        for each in proxies:
            ip_network(each, strict=False)
    except ValueError:  # not its message: that repeats the value
        message = f"{_variable('trusted_proxies')} does not fit: Expected addresses or networks."
        raise ValueError(message) from None


def make_home(home: Path) -> Path:
    """The directory ``home``; where it is missing it is made, closed to other users and ignored by git.

    Every part of Flyball that writes into the home makes it here: it holds secrets and people's data.
    Raises ``OSError`` where it cannot be made.
    """
    if not home.is_dir():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / ".gitignore").write_text("*\n", encoding="utf-8")
    return home


def doubt_of_home(home: Path) -> str:
    """What is to be said of a home that other users of this machine can look into; else nothing."""
    if not home.is_dir() or not home.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return ""
    return f"Other users can look into {home}, which holds keys and people's data: chmod 700 {home}"


def _variable(field: str) -> str:
    return f"FLYBALL_{field.upper()}"


def _path(wanted: type, value: object) -> Path:
    if wanted is Path and isinstance(value, Path):
        return value
    raise NotImplementedError(f"No setting is a {wanted.__name__}.")
