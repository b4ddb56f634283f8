"""Ctrl-C ends a command whatever Python does at that moment."""

from __future__ import annotations

import subprocess
import sys

SWALLOWED = """
import signal, time, weakref
import click
from flyball.cli.group import Commands

class Thing:
    pass

@click.command()
def wait():
    seen = weakref.ref(thing := Thing(), lambda _: signal.raise_signal(signal.SIGINT))
    del thing  # as at the end of an import: what the callback raises goes nowhere
    time.sleep(20)
    click.echo("It was lost.")

class One(Commands):
    def get_command(self, ctx, cmd_name):
        return wait

One(name="one", places={}).main(["wait"])
"""


def test_one_that_comes_in_the_callback_of_a_weak_reference_is_not_lost() -> None:
    done = subprocess.run([sys.executable, "-c", SWALLOWED], capture_output=True, text=True, check=False)
    assert done.stdout == ""
    assert (done.returncode, done.stderr.strip()) == (1, "Aborted.")
