"""Types that msgspec has read before threads use them."""

from __future__ import annotations

import threading
from typing import Any

import msgspec

_reading = threading.Lock()


def known(*types: Any) -> None:
    """Have msgspec read types, and those that they are made of, once and for all.

    It does so at their first use, and keeps what it has read so far where other threads find it: two first
    uses at once ended the process (msgspec 0.22). Call this where a type is made, or is imported for use.
    """
    with _reading:
        for each in types:
            msgspec.json.Decoder(each)
