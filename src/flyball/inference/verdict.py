"""How it went in another process, as it tells the one that asked."""

from __future__ import annotations

import msgspec

from flyball.typed import known


class Verdict(msgspec.Struct, frozen=True):
    """``code`` is empty where all is sound, else that of an error, and ``detail`` its sentence."""

    code: str = ""
    detail: str = ""


known(Verdict)
