"""The command ``flyball``: every command, in the order in which one needs them."""

from __future__ import annotations

import click

from flyball import __version__
from flyball.cli.commands.apply import apply
from flyball.cli.commands.build import build
from flyball.cli.commands.check import check
from flyball.cli.commands.init import init
from flyball.cli.commands.keys import keys
from flyball.cli.commands.outcomes import outcomes
from flyball.cli.commands.predict import predict
from flyball.cli.commands.servers import serve, up, web
from flyball.cli.commands.snapshot import snapshot
from flyball.cli.commands.transfer import export, import_
from flyball.cli.commands.versions import promote, rollback, versions

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
    predict,
    outcomes,
    keys,
    export,
    import_,
)


class InOrder(click.Group):
    """A group that lists its commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, unsorted."""
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="flyball")
def main() -> None:
    """Build, serve, record and improve machine-learning models inside Django.

    \b
    Start here:
      flyball init hello
      cd hello
      flyball up --build

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
