"""``flyball keys issue``: a new key."""

from __future__ import annotations

from datetime import datetime

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output
from flyball.domain.access import ROLES
from flyball.domain.values import parse_end, timestamp_text


@command
@click.option("--team", default="default", show_default=True)
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--label", default="", help="What the key is for.")
@click.option(
    "--endpoint", "names", multiple=True, help="Only for this endpoint; may be given several times."
)
@click.option("--ends", help="The moment, or the last day, on which it is taken (ISO 8601, UTC).")
def issue(
    output: Output, *, team: str, role: str, label: str, names: tuple[str, ...], ends: str | None
) -> None:
    """Make a key and print it: this once, only its SHA-256 is stored.

    A caller asks for predictions and sends outcomes; a viewer reads; a member does both; an owner promotes,
    erases and manages keys.

    Examples:
      flyball keys issue --role member --label web
      flyball keys issue --role viewer --team sales
      flyball keys issue --role caller --endpoint income --ends 2027-12-31
    """
    from flyball.control.accounts import selectors, services

    own = selectors.team(team)
    for name in names:
        _check_endpoint(name, own.slug)
    ends_at = None if ends is None else _moment(ends)
    key, text = services.issue_key(team=own, role=role, label=label, endpoints=names, ends_at=ends_at)
    document = {"id": key.pk, "key": text, "team": team, "role": role, "label": label}
    output.result(
        {**document, "endpoints": key.endpoints, "ends_at": ends_at and timestamp_text(ends_at)}, text
    )


def _check_endpoint(name: str, team: str) -> None:
    from flyball.control.declarations.selectors import endpoint

    if endpoint(name).team.slug != team:
        raise click.UsageError(f"The team {team} has no endpoint {name}.")


def _moment(text: str) -> datetime:
    try:
        return parse_end(text)
    except ValueError:
        raise click.UsageError(
            "--ends takes a date or a moment, as in 2027-12-31 or 2027-12-31T12:00Z."
        ) from None
