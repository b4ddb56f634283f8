"""``flyball abtest status``: how a test stands, and what happens next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from flyball.cli.command import command
from flyball.cli.commands.abtests.telling import percent, title
from flyball.cli.printing.output import Output

ARMS = ("arm", "version", "share", "units", "predictions")
METRICS = ("metric", "role", "better", "of", "champion", "challenger", "difference")


@command
@click.argument("endpoint")
@click.option("--test", type=int, help="The test of this number; the one that runs, else the newest.")
def status(output: Output, *, endpoint: str, test: int | None) -> None:
    """Show how a test of ENDPOINT stands: its arms, each metric with its interval, and the verdict.

    An interval is of the difference from the champion. It holds the true one, whenever one looks, but for the
    share of tests that the verdict names.

    Examples:
      flyball abtest status income
      flyball abtest status income --test 3 --json
    """
    from flyball.control.abtests import selectors
    from flyball.control.abtests.judging.standing import standing
    from flyball.control.declarations.selectors import recorded

    name = recorded(endpoint).name
    found = selectors.newest(name) if test is None else selectors.abtest(name, test)
    document = standing(found)
    if output.as_json:
        output.result(document)
        return
    output.result(None, f"{title(document)} {_since(document)}\n")
    output.table([_arm(each) for each in document["arms"]], ARMS, empty="No unit ever belonged to it.")
    if document["metrics"]:
        output.result(None)
        output.table([row for each in document["metrics"] for row in _metric(each)], METRICS, empty="")
    output.result(None, "\n".join(["", *_lines(document)]))


def _since(document: dict[str, Any]) -> str:
    """When it ran, and whom it counts."""
    began = _moment(document["started_at"] or document["created_at"])
    unit = f"a unit is a {document['unit'] or 'whole entity, else a reference'}"
    if document["state"] == "ended":
        return f"ran from {began} to {_moment(document['ended_at'])}; {unit}."
    return (
        f"runs since {began}; {unit}."
        if document["state"] == "running"
        else f"of {began} was never in force."
    )


def _moment(text: str) -> str:
    return f"{text[:16].replace('T', ' ')} UTC"


def _arm(arm: dict[str, Any]) -> dict[str, Any]:
    counts = {name: f"{arm[name]:,}" for name in ("units", "predictions")}
    return {"arm": arm["name"], "version": arm["version"], "share": percent(arm["share"]), **counts}


def _metric(metric: dict[str, Any]) -> Iterator[dict[str, Any]]:
    values = {each["arm"]: each["value"] for each in metric["values"]}
    for reading in metric["readings"]:
        yield {
            "metric": metric["name"],
            "role": metric["role"],
            "better": metric["better"],
            "of": reading["arm"],
            "champion": _number(values["champion"]),
            "challenger": _number(values[reading["arm"]]),
            "difference": _interval(reading),
        }


def _interval(reading: dict[str, Any]) -> str:
    from flyball.domain.abtests.sentences import SIDES  # numpy, which help needs not

    lower, upper = reading["lower"], reading["upper"]
    if lower is None and upper is None:
        return SIDES[reading["ahead"]]
    if upper is None:
        return f"at least {lower:+.3g}"
    return f"at most {upper:+.3g}" if lower is None else f"{lower:+.3g} to {upper:+.3g}"


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.4g}"


def _lines(document: dict[str, Any]) -> Iterator[str]:
    verdict, split = document["verdict"], document["split"]
    if verdict is not None:
        decided = document["decided_at"]
        yield f"Decided {_moment(decided)}: {verdict['sentence']}" if decided else verdict["sentence"]
        if verdict["reason"] and verdict["reason"] not in verdict["sentence"]:
            yield verdict["reason"]
        yield verdict["cohort"]
    if split is not None and split["evidence"] < split["broken_from"]:
        yield "Units fall to the arms as their shares say."
    if document["next"]:
        yield document["next"]
    if document["trouble"]:
        yield f"Trouble: {document['trouble']}"
