"""``flyball backtest``: what a version would have answered over a past period, and what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from flyball.cli.command import command
from flyball.cli.following.jobs import failure, follow
from flyball.cli.printing.output import Output
from flyball.cli.printing.table import cell
from flyball.domain.values import parse_timestamp

LABELS = ("label", "answered", "version", "same", "happened", "answered_right", "version_right")
DECISIONS = ("decision", "answered", "version", "same")


def _moment(_: click.Context, parameter: click.Parameter, text: str | None) -> datetime | None:
    """A moment in UTC from ISO 8601; without a zone it is UTC, a date alone is its midnight."""
    try:
        return None if text is None else parse_timestamp(text)
    except ValueError:
        form = "Give a moment as ISO 8601: 2026-10-01 or 2026-10-01T08:00+02:00."
        raise click.BadParameter(form, param=parameter) from None


@command
@click.argument("version")
@click.option(
    "--from", "start", callback=_moment, required=True, help="A prediction made then belongs to it."
)
@click.option(
    "--to", "end", callback=_moment, help="One made then does not; the present moment, if left out."
)
@click.option("--although-learned", is_flag=True, help="Also where the version learned from the period.")
@click.option("--again", is_flag=True, help="Ask anew, also while the same one is under way.")
@click.option("--detach", is_flag=True, help="Print its number, and do not follow it.")
def backtest(output: Output, *, version: str, detach: bool, **asked: Any) -> None:
    """Say what VERSION (such as income@9) would have answered over a past period, and what really happened.

    A worker asks it with the inputs as they were recorded, looked-up features among them, as a job that is
    followed to its end. What was answered and what would have been have a score on the same labelled
    predictions, with an interval of the difference. Where an A/B test drew who answers, the mean outcome
    under the version's decisions is estimated. A version that learned from the period is refused.

    Moments are in UTC unless they name a zone.

    Examples:
      flyball backtest income@9 --from 2026-10-01 --to 2026-11-01
      flyball backtest income@9 --from 2026-10-01T00:00+02:00 --although-learned
    """
    from flyball.control.backtests import selectors
    from flyball.control.backtests.services import ask_backtest
    from flyball.control.routing.selectors import resolve

    wanted = resolve(version, default="newest")
    made, is_new = ask_backtest(endpoint=wanted.endpoint_id, version=wanted.number, **asked)
    if not is_new:
        output.note(f"Backtest {made.pk} asks this already. Another one: --again")
    if detach or made.job is None:
        output.result(selectors.document(made), str(made.pk))
        return
    if (error := failure(follow(output, made.job))) is not None:
        raise error
    found = selectors.document(selectors.backtest(wanted.endpoint_id, made.pk))
    output.result(found, "\n".join(_lines(str(wanted), found, found["result"])))
    for rows, columns in ((found["result"]["by_label"], LABELS), (found["result"]["by_decision"], DECISIONS)):
        if rows and not output.as_json:
            output.table(rows, columns, empty="")


def _lines(version: str, asked: dict[str, Any], found: dict[str, Any]) -> list[str]:
    return [
        f"Backtest {asked['number']}: {version}, from {asked['from']} to {asked['to']}",
        *[f"  {found[said]}" for said in ("learned", "selection") if found[said]],
        *_counted(found),
        *_scored(version, found),
        *_estimated(found["off_policy"]),
    ]


def _counted(found: dict[str, Any]) -> list[str]:
    counts = {"erased": found["erased"], "without an outcome": found["lacking"]}
    counts |= {"not mature yet": found["immature"], "decided so that there is none": found["unobserved"]}
    others = "".join(f", {count:,} {what}" for what, count in counts.items() if count)
    lines = [
        f"  {found['predictions']:,} predictions: {found['asked']:,} asked,"
        f" {found['differing']:,} would differ; {found['labelled']:,} labelled{others}"
    ]
    for what in ("not_asked", "not_scored"):
        done = what.replace("_", " ")
        lines += [f"  {each['count']:,} {done}: {each['reason']}" for each in found[what]]
    lines += [f"  {each['count']:,} asked without {each['field']}" for each in found["without"]]
    if spread := found["differences"]:
        lines.append(
            f"  half differ by at most {spread['median']:g}, 95 % by at most {spread['p95']:g},"
            f" the most by {spread['largest']:g}"
        )
    return lines


def _scored(version: str, found: dict[str, Any]) -> list[str]:
    scores = found["scores"]
    said = (
        f"  {found['metric']}: {cell(scores['answered'])} answered, {cell(scores['version'])} {version},"
        f" on the same {scores['rows']:,} predictions of {scores['units']:,} units"
    )
    if scores["lower"] is not None:
        bounds = f"{scores['lower']:+.4f} to {scores['upper']:+.4f}"
        said += f"; the difference is {scores['difference']:+.4f}, 95 % interval {bounds}"
    return [said] + ([f"  {scores['reason']}"] if scores["reason"] else [])


def _estimated(found: dict[str, Any]) -> list[str]:
    if found["reason"]:
        return [f"  No estimate of its decisions' outcomes: {found['reason']}"]
    return [
        f"  If it had decided, {found['of']} ({cell(found['answered'])} as it was), from {found['rows']:,}"
        f" predictions drawn at random, {found['matched']:,} of them decided as it would;"
        f" the largest weight is {found['largest_weight']:.3g}:",
        *(
            f"    {each['way'].replace('_', ' ')} {each['estimate']:.4f},"
            f" 95 % interval {each['lower']:.4f} to {each['upper']:.4f}"
            for each in found["estimates"]
        ),
    ]
