"""What attacks cost others: their p99 with each and without, the memory of the server, what it wrote."""

# Run as ``python -m benchmarks.hostile.siege``. The server has one core; the attacker, at the lowest
# priority, and the client that is measured share another one. Rounds with and without an attack take turns.
# With ``--control`` a third kind of round attacks somebody else's server, a constant answer on the same core:
# what that costs, sharing the processors costs, whatever Flyball does.

from __future__ import annotations

import argparse
import asyncio
import os
import re
import statistics
import tempfile
import threading
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.hostile import client
from benchmarks.hostile.attacker import attacked
from benchmarks.hostile.attacks import ATTACKS, Attack, innocent
from benchmarks.hostile.target import Target, started, unrelated
from benchmarks.processes import MEGABYTE, members

CONNECTIONS = 4
RATE = 25.0
"""How often each connection of the client that is measured asks (a second)."""
LOOK_SECONDS = 0.1


@dataclass
class Measured:
    """One attack at one rate: rounds without it, with it, and with it on somebody else's server.

    And the most memory (bytes), and what was written.
    """

    alone: list[client.Result] = field(default_factory=list)
    beside: list[client.Result] = field(default_factory=list)
    elsewhere: list[client.Result] = field(default_factory=list)
    memory: int = 0
    written: int = 0
    told: Counter[str] = field(default_factory=Counter)


class Watch:
    """The most memory that the server's processes have at once, while the block runs (bytes)."""

    def __init__(self, process: int) -> None:
        self.most = 0
        self._process = process
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self.most = max(self.most, memory(self._process))


def main() -> None:
    """Print a line for each attack and rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long one round takes")
    parser.add_argument("--rounds", type=int, default=3, help="how many rounds each")
    parser.add_argument("--rates", type=float, nargs="+", default=[200.0, 0.0], help="a second; 0: unbounded")
    parser.add_argument("--only", default="", help="a pattern for the names of the attacks")
    parser.add_argument("--command", default="up", choices=["up", "serve"], help="the server")
    parser.add_argument("--free", action="store_true", help="with a model that costs nothing")
    parser.add_argument("--control", action="store_true", help="attack somebody else's server too")
    options = parser.parse_args()
    servers_core, others_core = sorted(os.sched_getaffinity(0))[:2]
    with tempfile.TemporaryDirectory(prefix="flyball-bench-") as name, ExitStack() as servers:
        os.sched_setaffinity(0, {servers_core})
        target = servers.enter_context(started(Path(name), options.command, free=options.free))
        other = servers.enter_context(unrelated(Path(name) / "other")) if options.control else None
        os.sched_setaffinity(0, {others_core})
        asyncio.run(client.measure(target, CONNECTIONS, 3.0))
        for attack in [*innocent(client.request(target)), *ATTACKS]:
            for rate in options.rates if re.search(options.only, attack.name) else ():
                found = _measure(target, other, Path(name) / "home", attack, rate, options)
                _print(attack, rate, found)


def _measure(
    target: Target, other: int | None, folder: Path, attack: Attack, rate: float, options: argparse.Namespace
) -> Measured:
    def asked() -> client.Result:
        return asyncio.run(client.measure(target, CONNECTIONS, options.seconds, RATE))

    found = Measured()
    own_core = os.sched_getaffinity(0)
    before, wrote = memory(target.process), written(folder)
    with Watch(target.process) as watch:
        for _ in range(options.rounds):
            found.alone.append(asked())
            with attacked(target.port, attack, rate, own_core) as answers:
                found.beside.append(asked())
            found.told.update(answers)
            if other is not None:
                with attacked(other, attack, rate, own_core):
                    found.elsewhere.append(asked())
    found.memory, found.written = watch.most - before, written(folder) - wrote
    return found


def memory(group: int) -> int:
    """What all processes of a group hold that nobody else does (bytes)."""
    return sum(map(_memory, members(group)))


def _memory(process: int) -> int:
    with suppress(OSError):
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        return (
            sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "RssShmem:"))) * 1024
        )
    return 0


def written(folder: Path) -> int:
    """What is in the home and in the folder for temporary files, but for the predictions (bytes)."""
    files = [each for each in folder.rglob("*") if ".sqlite3" not in each.name]
    return sum(each.stat().st_size for each in files if each.is_file())


def _print(attack: Attack, rate: float, found: Measured) -> None:
    seconds = sum(each.seconds for each in found.beside)
    told = ", ".join(f"{status} {number / seconds:.0f}" for status, number in found.told.most_common(3))
    print(
        f"{attack.name:32} {f'{rate:.0f}/s' if rate else 'unbounded':>9}{_times(found)}"
        f"  {found.memory / MEGABYTE:+5.0f} MB  {found.written / 1024:+5.0f} KB  ({told}; a second)",
        flush=True,
    )


def _times(found: Measured) -> str:
    """For each quantile: without the attack, with it, and their ratio; in brackets, the control's."""
    text = ""
    for name in ("p50", "p99"):
        alone, beside, elsewhere = (
            statistics.median(getattr(each, name) for each in rounds) if rounds else 0.0
            for rounds in (found.alone, found.beside, found.elsewhere)
        )
        text += f"  {name} {alone:5.1f} {beside:6.1f} ms {beside / alone:5.2f}"
        text += f" ({elsewhere / alone:.2f})" if elsewhere else ""
    return text


if __name__ == "__main__":
    main()
