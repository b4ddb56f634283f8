"""``flyball schedules list``: which schedules there are."""

from __future__ import annotations

from typing import Any

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output

COLUMNS = ("schedule", "times", "timezone", "job", "state", "last_run")
DETAILS = ("next", "why")
WHY = {
    "retired": "The endpoint is retired: no runs.",
    "undeclared": "The endpoint is not declared any more: no runs.",
}


@command
@click.option("--endpoint", help="Only this endpoint's.")
def list_(output: Output, *, endpoint: str | None) -> None:
    """List schedules, each with its next five runs in its own time zone, and its last one.

    Examples:
      flyball schedules list --endpoint income
    """
    from flyball.control.schedules import selectors
    from flyball.control.schedules.document import all_documents

    documents = all_documents(selectors.schedules(endpoint))
    rows = documents if output.as_json else [_row(each) for each in documents]
    output.table(rows, COLUMNS, empty="No schedules yet.", details=DETAILS)


def _row(document: dict[str, Any]) -> dict[str, Any]:
    last = document["last_run"]
    return {
        "schedule": f"{document['endpoint']} {document['name']}",
        "times": document["times"],
        "timezone": document["timezone"],
        "job": _job(document["kind"], document["arguments"]),
        "state": document["state"],
        "last_run": last and f"{last['due_at'][:16].replace('T', ' ')}Z {last['status']}",
        "next": ", ".join(moment[:16].replace("T", " ") for moment in document["next_runs"]),
        "why": document["fault"] or WHY.get(document["state"], ""),
    }


def _job(kind: str, arguments: dict[str, Any]) -> str:
    which = f"{kind} {arguments['batch']}" if "batch" in arguments else kind
    return f"{which}, if better" if arguments.get("if_better") else which
