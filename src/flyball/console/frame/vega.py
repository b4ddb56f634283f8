"""The bundle of scripts that draws charts: made once from the package of the extra, and kept in the home."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import threading
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile

from flyball.config import make_home
from flyball.control.declarations.configured import configured

NAME = "vega.js"
PACKAGE, DISTRIBUTION = "vl_convert", "vl-convert-python"
MAKE = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle().encode())"
"""Takes three seconds and 150 MB: an interpreter of its own does it, which then is gone."""
SECONDS = 120
"""How long it may take on a machine that is busy."""

_LOCK = threading.Lock()
_LOG = logging.getLogger(__name__)


def is_there() -> bool:
    """Whether this installation draws charts; without the extra ``charts`` pages have tables alone."""
    return find_spec(PACKAGE) is not None


@cache
def digest() -> str:
    """Of what the bundle is made from: a page can name it before it is made."""
    return hashlib.sha256(f"{DISTRIBUTION} {version(DISTRIBUTION)} {MAKE}".encode()).hexdigest()


def bundle() -> bytes | None:
    """The script, made now where no process has; ``None`` where it cannot be made, which is logged."""
    with _LOCK:
        return _bundle()


@cache
def _bundle() -> bytes | None:
    kept = configured().home / "charts" / f"vega-{digest()}.js"
    try:
        return kept.read_bytes() if kept.exists() else _made(kept)
    except (OSError, subprocess.SubprocessError) as error:
        _LOG.warning("Charts are not drawn until the next start: %s", error)
        return None


def _made(kept: Path) -> bytes:
    """Of several processes that make it at once each moves a whole file to the same name."""
    ran = subprocess.run(  # noqa: S603 - this interpreter and a constant
        [sys.executable, "-c", MAKE], capture_output=True, check=True, timeout=SECONDS
    )
    make_home(kept.parents[1])
    kept.parent.mkdir(exist_ok=True)
    with NamedTemporaryFile(dir=kept.parent, delete=False) as draft:
        draft.write(ran.stdout)
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(kept)
    return ran.stdout
