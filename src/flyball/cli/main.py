"""The command ``flyball``: every command, in the order in which one needs them."""

from __future__ import annotations

import click

from flyball import __version__
from flyball.cli.command import json_option
from flyball.cli.group import Commands

COMMANDS = {
    "init": "start.init",
    "check": "start.check",
    "apply": "start.apply",
    "up": "serve.up",
    "serve": "serve.serve",
    "web": "serve.web",
    "worker": "serve.worker",
    "snapshot": "learn.snapshot",
    "build": "learn.build",
    "versions": "learn.versions",
    "jobs": "jobs.jobs",
    "schedules": "schedules.schedules",
    "status": "keep.status",
    "effect": "publish.effect",
    "diagnose": "learn.diagnose",
    "card": "learn.card",
    "backtest": "publish.backtest",
    "promote": "publish.promote",
    "rollback": "publish.rollback",
    "fallback": "publish.fallback",
    "shadow": "publish.shadow",
    "retire": "publish.retire",
    "abtest": "abtests.abtest",
    "predict": "ask.predict",
    "score": "ask.score",
    "explain": "ask.explain",
    "replay": "ask.replay",
    "outcomes": "ask.outcomes",
    "erase": "keep.erase",
    "maintain": "keep.maintain",
    "people": "people.people",
    "keys": "keys.keys",
    "export": "carry.export",
    "import": "carry.import_",
    "remove": "carry.remove",
}
"""The module of each command, below ``flyball.cli.commands``; the command has the module's name."""


@click.group(cls=Commands, places=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="flyball")
@json_option
def main() -> None:
    """Build, serve, record and improve machine-learning models inside Django.

    \b
    Start here:
      flyball init hello
      cd hello
      flyball up --build

    --json may stand anywhere.

    \b
    Exit codes:
      0  done
      1  failed
      2  wrong usage
      3  this change needs --yes
      4  a score lies below what was asked for
      5  somebody else changed it first
    """
