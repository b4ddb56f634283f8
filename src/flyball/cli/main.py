"""The command ``flyball``: every command, in the order in which one needs them."""

from __future__ import annotations

import click

from flyball import __version__
from flyball.cli.command import json_option
from flyball.cli.commands.ask.outcomes import outcomes
from flyball.cli.commands.ask.predict import predict
from flyball.cli.commands.ask.replay import replay
from flyball.cli.commands.carry.export import export
from flyball.cli.commands.carry.import_ import import_
from flyball.cli.commands.carry.remove import remove
from flyball.cli.commands.keep.erase import erase
from flyball.cli.commands.keep.maintain import maintain
from flyball.cli.commands.keys.keys import keys
from flyball.cli.commands.learn.build import build
from flyball.cli.commands.learn.snapshot import snapshot
from flyball.cli.commands.learn.versions import versions
from flyball.cli.commands.publish.promote import promote
from flyball.cli.commands.publish.retire import retire
from flyball.cli.commands.publish.rollback import rollback
from flyball.cli.commands.serve.serve import serve
from flyball.cli.commands.serve.up import up
from flyball.cli.commands.serve.web import web
from flyball.cli.commands.start.apply import apply
from flyball.cli.commands.start.check import check
from flyball.cli.commands.start.init import init
from flyball.cli.group import Commands

COMMANDS = (
    init,
    check,
    apply,
    up,
    serve,
    web,
    snapshot,
    build,
    versions,
    promote,
    rollback,
    retire,
    predict,
    replay,
    outcomes,
    erase,
    maintain,
    keys,
    export,
    import_,
    remove,
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
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


for one in COMMANDS:
    main.add_command(one)
