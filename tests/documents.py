"""Documents that run: their shell blocks in order, in one shell; their named files written as shown."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.shell import Shell

BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.M | re.S)
UP = """
{line} > up.log 2>&1 &
UP=$!
trap 'kill $UP; wait $UP' EXIT
until curl -sf http://127.0.0.1:8000/v1/health > up.health; do kill -0 $UP; sleep 0.1; done
"""


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file it is to be written to, its text."""

    language: str
    title: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in order."""
    for language, title, text in BLOCK.findall(page.read_text()):
        yield Block(language, title, text)


def script(page: Path) -> str:
    """What a reader would do: run what is ``sh``, write what has a title. Lines of make are for a clone."""
    steps = ["set -eu"]
    for block in blocks(page):
        if block.title:
            steps.append(f"cat > {block.title} <<'END OF FILE'\n{block.text}END OF FILE")
        elif block.language == "sh" and not block.text.startswith("make "):
            steps += [
                UP.format(line=line) if line.startswith("flyball up") else line for line in lines(block)
            ]
    return "\n".join(steps)


def lines(block: Block) -> Iterator[str]:
    """The lines of a shell block as they stand: continued ones stay together for the shell to join."""
    yield from block.text.splitlines()


def follow(page: Path, shell: Shell) -> str:
    """Do what the page says, on a port of its own; what was printed."""
    text = script(page).replace("127.0.0.1:8000", f"127.0.0.1:{shell.port}")
    done = subprocess.run(
        ["bash", "-c", text],
        cwd=shell.directory,
        env=shell.environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
