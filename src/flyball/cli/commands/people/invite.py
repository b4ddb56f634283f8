"""``flyball people invite``: a link into a team."""

from __future__ import annotations

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output
from flyball.cli.project.location import config
from flyball.cli.servers.address import invitation_url
from flyball.domain.access import ROLES
from flyball.domain.values import timestamp_text


@command
@click.option("--team", default="default", show_default=True)
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--mail", help="Mail the link there as well.")
def invite(output: Output, *, team: str, role: str, mail: str | None) -> None:
    """Print a link that makes whoever opens it a member: once, within seven days.

    It is shown this once; only its SHA-256 is stored. Its address is this machine's own (FLYBALL_HOST,
    FLYBALL_PORT): behind a proxy, put the proxy's in its place.

    Examples:
      flyball people invite --role member
      flyball people invite --role viewer --team sales
      flyball people invite --role member --mail ada@example.org
    """
    from flyball.control.accounts import mailing, selectors, services

    if invitation_url(config(), "anybody") is None:
        raise click.UsageError("This project has no pages of Flyball's: include flyball.urls in its own.")
    if mail is not None:
        mailing.check(mail)
    made, text = services.invite(team=selectors.team(team), role=role)
    link = invitation_url(config(), text) or ""
    output.result({"link": link, "team": team, "role": role, "ends_at": timestamp_text(made.ends_at)}, link)
    if mail is not None:
        mailing.send(invitation=made, link=link, to=mail)
        output.note(f"Mailed to {mail}.")
