"""A project in which everything happened once: what the pages then show."""

from __future__ import annotations

from pathlib import Path

from tests.shell import Server, Shell

ASKED = 40
"""Patients that are asked about; every third one is heard of again."""
ROOT = Path(__file__).parents[2]
WEEK = "from tests.browser.week import week; week()"
TEST = "from tests.browser.tested import begin; begin()"


def fill(shell: Shell, server: Server) -> None:
    """Two builds, a promotion and another, predictions of both, outcomes, a held one, a schedule, a week."""
    shell.flyball("build", "diagnosis")
    shell.flyball("promote", "diagnosis@1", "--yes")
    server.wait_for_champion("diagnosis", 1)
    _ask(server, range(1, ASKED))
    shell.flyball("build", "diagnosis", "--again")
    shell.flyball("promote", "diagnosis@2", "--yes")
    server.wait_for_champion("diagnosis", 2)
    _ask(server, range(ASKED, 2 * ASKED))
    server.ask(
        "POST", "/v1/endpoints/diagnosis/outcomes", {"outcomes": [{"reference": "later", "value": "benign"}]}
    )
    shell.flyball("schedules", "add", "diagnosis", "nightly", "every day at 02:00", "snapshot")
    _inside(shell, WEEK)


def begin_test(shell: Shell) -> None:
    """An A/B test, which has run for a week."""
    _inside(shell, TEST)


def _inside(shell: Shell, code: str) -> None:
    shell.run("env", f"PYTHONPATH={ROOT}", "python", "manage.py", "shell", "--command", code)


def _ask(server: Server, patients: range) -> None:
    for patient in patients:
        asked = {"entity": {"number": patient}, "reference": f"visit-{patient}"}
        predicted = server.ask("POST", "/v1/endpoints/diagnosis/predictions", asked)
        if patient % 3 == 0:
            value = predicted["output"]["label"] if patient % 2 else "benign"
            server.ask("POST", f"/v1/predictions/{predicted['id']}/outcome", {"value": value})
