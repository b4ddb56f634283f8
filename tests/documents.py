"""Documents that run: their shell blocks in order, in one shell; files written, pictures taken."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.shell import Shell

BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.M | re.S)
SHOWN = re.compile(r"^!\[[^]]*\]\((?:\S+/)?([\w-]+)\.webp\)$", re.M)
STEP = re.compile(f"(?:{BLOCK.pattern})|(?:{SHOWN.pattern})", re.M | re.S)
UP = """
{line} > up.log 2>&1 &
UP=$!
trap 'kill $UP; wait $UP' EXIT
until curl -sf http://127.0.0.1:8000/v1/health > up.health; do kill -0 $UP; sleep 0.1; done
"""
PICTURE = """
touch '{folder}/{name}.picture'
while [ -e '{folder}/{name}.picture' ]; do sleep 0.1; done
"""
LONGEST = 600
"""How long a page may take (seconds)."""
Photograph = Callable[[str], None]


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


def script(page: Path, pictures: Path | None = None) -> str:
    """What a reader would do: run what is ``sh``, write what has a title. Lines of make are for a clone.

    With a folder for them, it waits at each picture until what it asks for there is taken away.
    """
    steps = ["set -eu"]
    for language, title, text, picture in STEP.findall(page.read_text()):
        if title:
            steps.append(f"cat > {title} <<'END OF FILE'\n{text}END OF FILE")
        elif language == "sh" and not text.startswith("make "):
            steps += [
                UP.format(line=line) if line.startswith("flyball up") else line for line in text.splitlines()
            ]
        elif picture and pictures:
            steps.append(PICTURE.format(folder=pictures, name=picture))
    return "\n".join(steps)


def follow(page: Path, shell: Shell, photograph: Photograph | None = None) -> str:
    """Do what the page says, on a port of its own; what was printed.

    ``photograph`` is called with the name of each picture, when what comes before it has been done.
    """
    with tempfile.TemporaryDirectory() as folder:
        asked, said, faults = Path(folder), Path(folder, "said"), Path(folder, "faults")
        text = script(page, asked if photograph else None).replace(
            "127.0.0.1:8000", f"127.0.0.1:{shell.port}"
        )
        with said.open("w") as output, faults.open("w") as errors:
            reader = subprocess.Popen(
                ["bash", "-c", text], cwd=shell.directory, env=shell.environment, stdout=output, stderr=errors
            )
            try:
                _watch(reader, asked, photograph)
            finally:
                reader.terminate()  # where something failed: its trap ends what it has started
                reader.wait(LONGEST)
        assert reader.returncode == 0, f"{said.read_text()}\n{faults.read_text()}"
        return said.read_text()


def _watch(reader: subprocess.Popen[bytes], asked: Path, photograph: Photograph | None) -> None:
    deadline = time.monotonic() + LONGEST
    while reader.poll() is None:
        assert time.monotonic() < deadline
        for each in asked.glob("*.picture"):
            assert photograph is not None
            photograph(each.stem)
            each.unlink()
        time.sleep(0.05)
