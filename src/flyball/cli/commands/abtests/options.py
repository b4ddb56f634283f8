"""What commands that start a test take: each option is a word of ``control.abtests.wording.reading``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
Options = tuple[Callable[[Any], Any], ...]

CHALLENGERS: Options = (
    click.option(
        "--challenger",
        "challengers",
        multiple=True,
        metavar="VERSION[@THRESHOLD]",
        help="A version beside the champion, with a threshold of its own or the endpoint's.",
    ),
)
WHOM: Options = (
    click.option("--unit", help="The column that says whose a row is; else the entity or the reference."),
    click.option("--layer", help="Tests of one layer have no unit in common."),
    click.option("--layer-share", metavar="SHARE", help="This test's share of the layer; all of it."),
)
METRICS: Options = (
    click.option("--metric", help="What decides; the endpoint's own metric."),
    click.option("--better", metavar="higher|lower", help="Where the metric is not as it is known to be."),
    click.option("--secondary", multiple=True, metavar="METRIC", help="Told beside a claim on the metric."),
    click.option(
        "--guardrail",
        "guardrails",
        multiple=True,
        metavar="METRIC[:MARGIN]",
        help="Must not be worse, or by more than the margin.",
    ),
    click.option(
        "--within", metavar="TIME", help="How long a unit waits for outcomes; as declared, else 7d."
    ),
    click.option("--level", metavar="SHARE", help="In how many tests a claim may be wrong; 1%."),
)
HOW_LONG: Options = (
    click.option("--at-least", metavar="TIME", help="No winner before; 7d."),
    click.option("--at-most", metavar="TIME", help="The test is over then; never."),
    click.option(
        "--stop",
        "stops",
        multiple=True,
        metavar="winner|harm|no_difference",
        help="What ends it; winner and harm.",
    ),
    click.option("--action", metavar="tell|promote", help="What a verdict does: say so, or promote; tell."),
)
COMPARED: Options = (
    click.option("--share", metavar="SHARE", help="Each challenger's part of all units; 50%."),
    click.option("--margin", metavar="NUMBER", help="How much makes a difference, in units of the metric."),
    click.option(
        "--one-sided", is_flag=True, help="Ask only whether a challenger loses less than the margin."
    ),
    click.option("--effect", metavar="NUMBER", help="The smallest difference worth finding, to plan with."),
)
EXPECTED: Options = (
    click.option("--expected", type=int, help="Refuse unless this route revision is in force."),
)


def taking(*groups: Options) -> Callable[[Command], Command]:
    """A command with these options, in order."""

    def made(function: Command) -> Command:
        for option in reversed([each for group in groups for each in group]):
            function = option(function)
        return function

    return made


def given(words: Mapping[str, Any]) -> dict[str, Any]:
    """The words that were typed: an option that was left out, or a flag that was not set, says nothing."""
    return {name: value for name, value in words.items() if value not in (None, (), False)}
