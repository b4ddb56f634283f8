"""Sound artifacts load from several threads at once."""

from __future__ import annotations

import ast
import gc
import inspect
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from flyball.inference import allowlist


@pytest.fixture
def restless_collector() -> Iterator[None]:
    """Garbage is collected while an array's header is read, and another thread goes on meanwhile."""

    def pause(phase: str, info: object) -> None:
        frame = inspect.currentframe()
        caller = frame.f_back if frame is not None else None
        if phase == "start" and caller is not None and caller.f_code is ast.parse.__code__:
            time.sleep(0.001)

    before = gc.get_threshold()
    gc.callbacks.append(pause)
    gc.set_threshold(8, 1000, 1000)
    yield
    gc.set_threshold(*before)
    gc.callbacks.remove(pause)


def test_an_artifact_loads_in_several_threads_at_once(restless_collector: None) -> None:
    scalers = make_pipeline(*(StandardScaler() for _ in range(5)))
    artifact = allowlist.dump(scalers.fit(np.arange(12.0).reshape(4, 3)))
    with ThreadPoolExecutor(4) as pool:
        loading = [pool.submit(allowlist.construct, artifact) for _ in range(40)]
    failed = [str(error) for error in (load.exception() for load in loading) if error is not None]
    assert failed == []
