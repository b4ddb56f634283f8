"""Projects that do odd things while they are loaded: a module of each."""

from __future__ import annotations

import os
from pathlib import Path

from tests.jobs.work.apps import LOADED
from tests.jobs.workers import ROOT

FORGETFUL = """
import sys
SAID = 1
if "forkserver" in sys.argv[0]:
    sys.modules["__main__"].FORGET = 0.5
    open({loads!r}, "a").write("project ")
"""
THREADS = """
import sys, threading
ends = "forkserver" not in sys.argv[0]
threading.Thread(target=threading.Event().wait, daemon=ends).start()
SAID = 1
"""
FAILS = """
import os, sys
from pathlib import Path
SAID, fork = 1, os.fork
def failing():
    if "forkserver" in sys.argv[0] and Path(__file__).with_name("fails").exists():
        Path(__file__).with_name("fails").unlink()
        raise BlockingIOError
    return fork()
os.fork = failing
"""

ENDS = """
import multiprocessing.util, tempfile
from pathlib import Path
here = Path(__file__).parent
shared = tempfile.TemporaryDirectory(dir=here)
multiprocessing.util.Finalize(None, (here / "ended").touch, exitpriority=1)
def __getattr__(name):
    if name != "SAID":
        raise AttributeError(name)
    global own
    own = tempfile.TemporaryDirectory(dir=here)
    return [own.name, Path(shared.name).exists(), (here / "ended").exists()]
"""

SLOW = """
import sys, time, types
from pathlib import Path
SAID, begun = 1, Path(__file__).with_name("begun")
class Lazy(types.SimpleNamespace):
    def __getattr__(self, name):
        raise ImportError(name)
sys.modules["lazy"] = Lazy()
if "forkserver" in sys.argv[0]:
    begun.touch()
    time.sleep(1)
"""

STARTS = """
import multiprocessing, os, subprocess, sys, time
from pathlib import Path
SAID = 1
if "forkserver" in sys.argv[0]:
    multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,), daemon=True).start()
    sleep = subprocess.Popen(["sleep", "600"])
    part = Path(__file__).with_name("part")
    part.write_text(f"{os.getpid()} {sleep.pid}")
    part.rename(part.with_name("pids"))
    time.sleep(0)
"""

FORKS = """
import os
from pathlib import Path
file = Path(__file__).with_name("forks")
os.register_at_fork(after_in_child=lambda: os.close(os.open(f"{file}{os.getpid()}", os.O_CREAT)))
"""

INSTALLED = """
import sysconfig
from pathlib import Path
SAID, path = 1, sysconfig.get_path
here = str(Path(__file__).parent)
sysconfig.get_path = lambda name, *more: here if name == "purelib" else path(name, *more)
"""


POOL = """
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
rows = np.random.default_rng(0).random((5000, 4))
def fitted():
    return HistGradientBoostingClassifier(max_iter=3).fit(rows, rows[:, 0] > 0.5)
fitted()
def __getattr__(name):
    if name != "SAID":
        raise AttributeError(name)
    return int(fitted().n_iter_)
"""


def with_module(folder: Path, text: str) -> dict[str, str]:
    """The environment of a project that loads a module of its own."""
    (folder / "loaded.py").write_text(text)
    return {LOADED: "loaded", "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}
