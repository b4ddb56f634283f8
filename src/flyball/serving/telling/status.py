"""What is in force and how it is, as a server tells it."""

from __future__ import annotations

from typing import Any

from flyball.domain.access import Principal
from flyball.serving.pool import Pool
from flyball.serving.recording.recorder import Recorder


def of(pool: Pool, recorder: Recorder, principal: Principal) -> dict[str, Any]:
    """What is in force for the principal's team, what did not load, and how the recorder is."""
    table = pool.table
    mine = table.mine(principal)
    answering = mine - table.retired
    return {
        "routes": {
            name: {"number": served.route.number, "arms": served.route.shares()}
            for name, served in table.endpoints.items()
            if name in answering
        },
        "retired": sorted(mine & table.retired),
        "failures": {
            name: {
                "version": failure.version,
                "code": failure.code,
                "sentence": failure.sentence,
                "since": failure.since,
            }
            for name, failure in table.failures.items()
            if name in answering
        },
        "recorder": {
            "durability": recorder.durability,
            "waiting": recorder.waiting,
            "commits": recorder.commits,
        },
        "refresh_error": pool.refresh_error,
    }
