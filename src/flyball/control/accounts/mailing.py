"""Invitations by mail, where the project has a mail server."""

from __future__ import annotations

from smtplib import SMTPException

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email

from flyball.control.accounts.models import Invitation
from flyball.domain.errors import InvalidInput, Problem, Unusable

NO_SERVER = "There is no mail server to send it with: set FLYBALL_MAIL_URL, or hand over the link yourself."
TEXT = """You are invited to Flyball, as {role} of the team {team}.

Open this link before {ends_at}; it works once:

{link}
"""


def check(to: str) -> None:
    """Raises ``InvalidInput`` for what is no mail address, ``Unusable`` where no mail can be sent."""
    if settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend"):
        raise Unusable(NO_SERVER)
    try:
        validate_email(to)
    except ValidationError:
        problem = Problem("/mail", "wrong_type", "Expected a mail address.")
        raise InvalidInput(f"{to!r} is no mail address.", problems=[problem]) from None


def send(*, invitation: Invitation, link: str, to: str) -> None:
    """Mail the link of an invitation.

    Raises what ``check`` raises, and ``Unusable`` where the server does not take it.
    """
    check(to)
    ends_at = f"{invitation.ends_at:%Y-%m-%d %H:%M} UTC"
    text = TEXT.format(role=invitation.role, team=invitation.team.name, ends_at=ends_at, link=link)
    try:
        send_mail("You are invited to Flyball", text, None, [to])
    except (SMTPException, OSError) as error:
        raise Unusable(f"The mail server did not take it ({type(error).__name__}).") from error
