"""``flyball apply``: publish what is declared."""

from __future__ import annotations

from collections.abc import Collection

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output
from flyball.domain.errors import DeclarationError


@command
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--forget", is_flag=True, help="Accept no more what only earlier champions took.")
def apply(output: Output, *, dry_run: bool, forget: bool) -> None:
    """Publish the declared endpoints: once per release, after migrate.

    Says what changes, and checks that every version in use still loads and gives its golden answers
    here. Servers notice within a second. Applied again, nothing changes.

    An endpoint goes on accepting the request fields of every version that has been champion, so that a
    rollback breaks no client. --forget ends that: it names what is forgotten. An endpoint that has left
    the code keeps answering and is named. A declared A/B test is started once; where it cannot start yet,
    or is declared no more and runs on, that is said.

    Examples:
      flyball apply --dry-run
      flyball apply
      flyball apply --forget --dry-run
    """
    from flyball.control.abtests.declared import applying
    from flyball.control.declarations import discovery
    from flyball.control.routing import selectors

    refuse_faults()
    declarations = discovery.autodiscover()
    act = applying.plan_changes if dry_run else applying.apply
    applied = act(declarations=declarations, forget=forget)
    rows = [{"endpoint": change.endpoint, "change": change.what} for change in applied.changes]
    output.table(rows, ("endpoint", "change"), empty="Nothing changes.")
    for remark in applied.remarks:
        output.note(remark)
    name_undeclared(output, declarations)
    for name in declarations:
        for warning in selectors.slow_lookups(name):
            output.note(f"{name}: {warning}")


def name_undeclared(output: Output, declarations: Collection[str]) -> None:
    """Say which endpoints have left the code and keep answering: nothing ends them unasked."""
    from flyball.control.declarations.selectors import undeclared

    for name in undeclared(declarations):
        output.note(f"{name} is declared no more and keeps answering. End it: flyball retire {name}")


def refuse_faults() -> None:
    """Run the system checks of the declarations. Raises ``DeclarationError`` with every fault in it."""
    from django.core import checks

    from flyball.control.declarations.discovery import autodiscover

    autodiscover()
    found = [message for message in checks.run_checks() if (message.id or "").startswith("flyball.E")]
    if found:
        lines = [f"{message.id}: {message.msg} {message.hint or ''}".strip() for message in found]
        raise DeclarationError("\n".join(lines))
