"""Whether the code that a process has loaded is still what stands in its files."""

from __future__ import annotations

import sys
import sysconfig
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import ModuleType

TICK = 20_000_000
"""As far behind the clock the time of a file may be (nanoseconds)."""


def files(names: Iterable[str] | None = None, since: int | None = None) -> dict[str, tuple[int, ...]]:
    """What tells whether a file was changed, of which code is loaded, or something was installed.

    One that was changed ``since`` the loading began may have been read before: it is as if changed again.
    """
    if names is None:
        installed = tuple(sysconfig.get_path(each) for each in ("stdlib", "purelib", "platlib"))
        loaded = [each for each in list(sys.modules.values()) if isinstance(each, ModuleType)]
        places = [vars(each).get("__file__") for each in loaded]
        own = {each for each in places if isinstance(each, str) and not each.startswith(installed)}
        names = own.union(installed[1:])  # installing a package adds a folder, or takes one away
    found: dict[str, tuple[int, ...]] = {}
    for each in names:
        with suppress(OSError):  # it was removed, and so is another one
            file = Path(each).stat()
            is_sure = since is None or not since - TICK <= file.st_mtime_ns <= time.time_ns()
            found[each] = (file.st_mtime_ns, file.st_size, file.st_ino) if is_sure else ()
    return found
