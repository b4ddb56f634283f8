"""What a server and the process of a model say to each other, as msgpack: floats keep their bits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from flyball.domain.routing import Manifest
from flyball.inference.verdict import Verdict
from flyball.typed import known

Outputs = list[dict[str, Any]]
Row = dict[str, bool | int | float | str | None]


class Opening(msgspec.Struct, frozen=True):
    """A version that is to be opened; its artifact is the next message.

    ``prelude`` names what is called before a type of the user's own is imported (``module:function``).
    """

    manifest: Manifest
    prelude: str = ""


class Said(msgspec.Struct, frozen=True):
    """While a version is opened: the name of a type that may be trusted, or at last how it went."""

    asks: str = ""
    verdict: Verdict | None = None


def _plain(value: object) -> object:
    """What is a text, a number or a mapping of another type than msgpack knows, as one that it knows."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


encode = msgspec.msgpack.Encoder(enc_hook=_plain).encode
opening = msgspec.msgpack.Decoder(Opening).decode
said = msgspec.msgpack.Decoder(Said).decode
trust = msgspec.msgpack.Decoder(bool).decode
rows = msgspec.msgpack.Decoder(list[Row]).decode
answer = msgspec.msgpack.Decoder(Outputs | Verdict).decode
known(Opening, Said)
