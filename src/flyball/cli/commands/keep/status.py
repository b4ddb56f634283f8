"""``flyball status``: how everything stands, on one page."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output

if TYPE_CHECKING:
    from flyball.control.monitoring.overview import Standing

COLUMNS = ("endpoint", "champion", "last_build", "last_outcome", "last_hour", "jobs")


@command
def status(output: Output) -> None:
    """Show how every endpoint stands, and what needs attention; then the command ends with 1.

    The champion, and its fallback; the last build; when the last outcome came; the answers of the last hour,
    and how many calls were refused or failed; the jobs that have not ended; the A/B test that runs. A cron
    line or a health checker can watch the exit code: a version that does not load, or that its fallback
    answers for, an endpoint without a champion, a failed job, jobs that no worker takes, a schedule that
    makes no runs, outcomes that used to come and have not for a week.

    Examples:
      flyball status
      flyball status --json
    """
    from flyball.cli.servers.database_check import require_tables
    from flyball.control.connection import database
    from flyball.control.monitoring.attention import attention
    from flyball.control.monitoring.overview import standings

    require_tables(database())
    standing = standings()
    found = attention()
    if output.as_json:
        listed = {
            "endpoints": [asdict(each) for each in standing],
            "attention": [asdict(each) for each in found],
        }
        output.result(listed)
    else:
        output.table([_row(each) for each in standing], COLUMNS, empty="No endpoint has been applied.")
        lines = [f"  {each.endpoint or 'jobs'}: {each.sentence}" for each in found]
        tests = [f"{each.endpoint}: {_test(each.test)}" for each in standing if each.test]
        needs = ["Needs attention:", *lines] if found else ["All is well."]
        output.result(None, "\n".join(["", *tests, *needs]))
    if found:
        click.get_current_context().exit(1)


def _row(each: Standing) -> dict[str, Any]:
    build = None if each.build is None else f"{each.build} {each.build_status} {_text(each.built_at)}"
    champion = None if each.champion is None else str(each.champion)
    if each.fallback is not None:
        champion = f"{champion}, fallback {each.fallback}"
    hour = {"answers": each.answers, "refused": each.refused, "failed": each.failed}
    return {
        "endpoint": each.endpoint,
        "champion": champion,
        "last_build": build,
        "last_outcome": _text(each.outcome_at),
        "last_hour": ", ".join(f"{count:,} {name}" for name, count in hour.items() if count) or None,
        "jobs": ", ".join(f"{count} {name}" for name, count in sorted(each.jobs.items())) or None,
    }


def _test(test: dict[str, Any]) -> str:
    return f"A/B test {test['number']}. {test['sentence'] or 'It has not been looked at yet.'}"


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M}"
