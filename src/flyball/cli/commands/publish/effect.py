"""``flyball effect``: what a promotion would have changed in the last predictions."""

from __future__ import annotations

from typing import Any

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output


@command
@click.argument("version")
@click.option("--rollback", is_flag=True, help="Compare with what a rollback would bring back.")
def effect(output: Output, *, version: str, rollback: bool) -> None:
    """Say how the last 1,000 predictions would have come out if VERSION (such as income@3) had answered.

    It is asked with their inputs as they were recorded, looked-up features among them; nothing is recorded,
    and nothing is published. Predictions that lack what the version needs are counted with the reason; those
    that were erased are left out.

    Examples:
      flyball effect income@3
      flyball effect income@2 --rollback
    """
    from flyball.control.routing import selectors
    from flyball.control.routing.foreseeing.effect import effect as effect_of

    wanted = selectors.resolve(version, default="newest")
    found = effect_of(wanted, rollback=rollback)
    output.result(found, "\n".join([_summary(str(wanted), found), *_lines(found)]))


def _summary(version: str, found: dict[str, Any]) -> str:
    if not found["looked_at"]:
        return f"{version}: nothing has been predicted yet."
    erased = f", {found['erased']:,} erased" if found["erased"] else ""
    return (
        f"{version}: {found['differing']:,} of {found['asked']:,} would differ"
        f" (looked at the last {found['looked_at']:,}{erased})."
    )


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [
        f"  {each['count']:,} {what}: {each['before']} to {each['after']}"
        for what in ("decisions", "labels")
        for each in found[what]
    ]
    if spread := found["differences"]:
        lines.append(
            f"  half differ by at most {spread['median']:g}, 95 % by at most {spread['p95']:g},"
            f" the most by {spread['largest']:g}"
        )
    lines += [f"  {each['count']:,} could not be asked: {each['reason']}" for each in found["not_asked"]]
    lines += [f"  {each['count']:,} asked without {each['field']}" for each in found["without"]]
    return lines + [f"  for example {each}" for each in found["examples"]]
