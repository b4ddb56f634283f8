"""A route revision as commands tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flyball.cli.printing.output import Output

if TYPE_CHECKING:
    from flyball.control.routing.services import RouteChange


def tell_champion(output: Output, change: RouteChange, which: str = "") -> None:
    """Say which version is champion now, what callers must send from now on, and what they may leave out."""
    from flyball.control.routing.selectors import document

    revision, already = change.revision, "" if change.is_new else " already"
    champion = f"{revision.endpoint_id}@{document(revision).champion.version}"
    output.result(
        {
            "endpoint": revision.endpoint_id,
            "revision": revision.number,
            "champion": champion,
            "new": change.is_new,
            "dropped": change.dropped,
            "required": change.required,
        },
        f"{champion}{which} is champion{already} (route revision {revision.number}).",
    )
    if change.required:
        output.note(f"Callers must send from now on: {', '.join(change.required)}.")
    if change.dropped:
        output.note(f"Taken no more, and left out with a warning: {', '.join(change.dropped)}.")
