"""How a command ends that fails: a sentence for people, a document for programs, and an exit code."""

from __future__ import annotations

import json

import click

from flyball.cli.escaping import shown, shown_json
from flyball.domain.errors import FlyballError
from flyball.serving.http import problems

EXIT_CODES = {"confirmation_needed": 3, "policy_unmet": 4, "conflict": 5}
"""What a script can tell apart; any other error is 1, wrong usage is 2."""


class Failure(click.ClickException):
    """An error of the domain, as a command ends with it."""

    def __init__(self, error: FlyballError) -> None:
        super().__init__(shown(str(error)))
        self.error = error
        self.exit_code = EXIT_CODES.get(error.code, 1)  # type: ignore[misc]  # click reads the instance's


def document(failed: click.ClickException) -> str:
    """The failure as one JSON document."""
    if isinstance(failed, Failure):
        code, detail = failed.error.code, failed.error.detail
        errors = [problems.as_json(problem) for problem in failed.error.problems]
    else:
        code = "usage" if isinstance(failed, click.UsageError) else "unusable"
        detail, errors = failed.format_message(), []
    return shown_json(json.dumps({"code": code, "detail": detail, "errors": errors}, ensure_ascii=False))
