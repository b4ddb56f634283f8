"""The same server on a table with millions of predictions, and on an empty one, in turns."""

from __future__ import annotations

import time

from benchmarks import answers, filling, lineup
from benchmarks.lineup import Home
from benchmarks.stages.setting import Findings, Setting
from benchmarks.stages.throughput import Measured, Pair, compare, rates, ratios
from flyball.stores.database import Database


def measure(setting: Setting, rows: int) -> Findings:
    """Fill a copy of each home, then let it take turns with an empty one."""
    measured, pairs, said = Measured(), [], []
    for home in (setting.sqlite, setting.postgres):
        if home is None:
            continue
        database = "PostgreSQL" if lineup.is_postgres(home.url) else "SQLite"
        with home.copied("filled") as full, home.copied() as empty:
            seconds = _fill(setting, full, rows)
            said.append(f"{rows:,} predictions were put into {database} in {seconds:.0f} s.")
            print(said[-1], flush=True)
            pair = Pair(
                lineup.flyball(full, name=f"{rows:,} predictions in {database}"),
                lineup.flyball(empty, name=f"none in {database} at first"),
                setting.boosting,
            )
            compare(setting, pair, measured)
            pairs.append(pair)
    return Findings({"rows": "\n\n".join([rates(measured), ratios(measured, pairs), " ".join(said)])})


def _fill(setting: Setting, home: Home, rows: int) -> float:
    """How long it took (seconds)."""
    truths = answers.expected(setting.boosting.pipeline, setting.data.schema, setting.rows)
    outputs = [{"label": answers.label(truth), "probabilities": truth} for truth in truths]
    began = time.perf_counter()
    filling.fill(Database(home.url), "boosting", rows, list(zip(setting.rows, outputs, strict=True)))
    return time.perf_counter() - began
