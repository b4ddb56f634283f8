"""The process of a heavy job as a fork: it takes over what is its own, and ends as a fork has to."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import traceback
import weakref
from contextlib import suppress
from typing import NoReturn

from flyball.control.jobs.apart import child
from flyball.control.jobs.apart.child import Asked
from flyball.control.jobs.apart.processes import close


def become(lifeline: int, output: int, told: int) -> None:
    """Be the first of a group, with input and outputs of its own, and no chance that is another one's."""
    os.setsid()  # a group of its own: whatever it starts ends with it
    os.dup2(lifeline, 0)
    for standard in (1, 2):
        os.dup2(output, standard)
    close(lifeline, output, told)
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # else all would draw the same


def carry_out(asked: Asked) -> NoReturn:
    """Carry a job out, and end as forks do: libraries would wait for threads that only the other one has."""
    code = 1
    try:
        _forget_ends()
        child.begin(asked)
        child.carry_out(asked)
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    finally:
        if any(sys.exc_info()):
            traceback.print_exc()
        # As multiprocessing's forks do; the first one waits for threads that the job has left.
        for end in (vars(threading)["_shutdown"], atexit._run_exitfuncs, sys.stdout.flush, sys.stderr.flush):
            with suppress(BaseException):  # such as being told to end
                end()
        os._exit(code)


def _forget_ends() -> None:
    """What is to be done at the end of the process that has loaded the project is not a fork's to do."""
    atexit._clear()
    for each in list(vars(weakref.finalize)["_registry"]):
        each.atexit = False
    atexit.register(logging.shutdown)
    atexit.register(vars(weakref.finalize)["_exitfunc"].__func__, weakref.finalize)
    if "multiprocessing.util" in sys.modules:
        util, process = sys.modules["multiprocessing.util"], sys.modules["multiprocessing.process"]
        util._finalizer_registry.clear()
        process._children.clear()
        atexit.register(util._exit_function)
