"""Where a server listens: its address by name, its URL, and whether it is free."""

from __future__ import annotations

import errno
import os
import socket

from flyball.config import Config, is_local
from flyball.domain.errors import Unusable


def url(config: Config) -> str:
    """Where the server answers."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    return f"http://{host}:{config.port}"


def invitation_url(config: Config, text: str) -> str | None:
    """Where an invitation is accepted; ``None`` where the project has no pages of Flyball's.

    On this machine by the name ``localhost``: browsers take passkeys for a name, for no address.
    """
    from django.urls import NoReverseMatch, reverse

    try:
        path = reverse("flyball-join", kwargs={"text": text})
    except NoReverseMatch:
        return None
    return f"http://localhost:{config.port}{path}" if is_local(config.host) else url(config) + path


def free_address(config: Config) -> str:
    """The address that ``FLYBALL_HOST`` names. Raises ``Unusable`` where no server can listen there."""
    address = _resolved(config.host)
    # Granian shares its port with others (SO_REUSEPORT): two servers would each get half of the requests.
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, config.port))
        except OSError as error:
            raise Unusable(_refusal(address, config.port, error)) from error
    return address


def _refusal(address: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {address} is not free. Choose another with FLYBALL_PORT."
    return f"No server can listen on {address}, port {port}: {error.strerror}."


def _resolved(host: str) -> str:
    """The address of a host by name, as Granian wants it."""
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except OSError as error:
        raise Unusable(f"FLYBALL_HOST names no address of this machine: {host}.") from error
