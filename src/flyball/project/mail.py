"""A mail server's URL as Django's settings."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

PORTS = {"smtp": 587, "smtps": 465}


class Mail(NamedTuple):
    """Django's ``EMAIL_…`` settings."""

    backend: str = "django.core.mail.backends.dummy.EmailBackend"
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    starts_tls: bool = False
    is_tls: bool = False


def mail(url: str) -> Mail:
    """Settings for ``smtp://user:password@host:587`` (STARTTLS) or ``smtps://…:465``; none is no mail at all.

    Raises ``ValueError`` for a URL that names no server.
    """
    if not url:
        return Mail()
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):  # not its message: that may hold the password
        raise ValueError("FLYBALL_MAIL_URL is no smtp:// or smtps:// URL.") from None
    if not parts.hostname:
        raise ValueError("FLYBALL_MAIL_URL names no server.")
    return Mail(
        "django.core.mail.backends.smtp.EmailBackend",
        parts.hostname,
        port,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        starts_tls=parts.scheme == "smtp" and parts.username is not None,
        is_tls=parts.scheme == "smtps",
    )
