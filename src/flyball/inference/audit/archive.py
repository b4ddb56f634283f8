"""An artifact's zip archive, opened with bounds: how much it may hold is known before any of it is read."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np

from flyball.domain.errors import ArtifactUntrusted
from flyball.inference.audit.arrays import read_array

DESCRIPTION = "schema.json"
PROTOCOL = 2
"""The one format of skops that the audit knows."""
MOST_DESCRIPTION = 64 * 1024 * 1024
"""Bytes of the description: parsed, it takes about ten times as much."""
MOST_BYTES = 2 * 1024 * 1024 * 1024
"""Bytes of all arrays together."""
MOST_MEMBERS = 500_000


class Archive:
    """The members of a skops file. Each array is read once, when something that may be there names it.

    Raises ``ArtifactUntrusted`` where the bytes are no such file, or hold more than there is room for.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except Exception:  # noqa: BLE001 - a crafted file may fail in any way, and each is a refusal
            raise not_skops() from None
        members = self._zip.infolist()
        self._sizes = {member.filename: member.file_size for member in members}
        self._arrays: dict[str, np.ndarray] = {}
        if DESCRIPTION not in self._sizes:
            raise not_skops()
        if len(self._sizes) < len(members):
            raise ArtifactUntrusted("The artifact holds two files of one name.")
        if len(members) > MOST_MEMBERS or sum(self._sizes.values()) > MOST_BYTES:
            raise ArtifactUntrusted("The artifact unpacks to more than 2 GiB, or to too many files.")

    def description(self) -> dict[str, Any]:
        """The tree of nodes, as nothing but JSON yet."""
        if self._sizes[DESCRIPTION] > MOST_DESCRIPTION:
            raise ArtifactUntrusted("The artifact's description is longer than 64 MiB.")
        try:
            described = json.loads(self._read(DESCRIPTION))
        except (ValueError, RecursionError):
            raise not_skops() from None
        if not isinstance(described, dict) or "__loader__" not in described:
            raise not_skops()
        if described.get("protocol") != PROTOCOL or isinstance(described["protocol"], bool):
            raise ArtifactUntrusted("The artifact is of a skops format that this release does not read.")
        return described

    def array(self, name: object) -> np.ndarray:
        """The array of a member. Raises ``ArtifactUntrusted`` for one that no model has."""
        if not isinstance(name, str) or name not in self._sizes or not name.endswith(".npy"):
            raise ArtifactUntrusted("The artifact names an array that it does not hold.")
        if name not in self._arrays:
            self._arrays[name] = read_array(self._read(name))
        return self._arrays[name]

    def _read(self, name: str) -> bytearray:
        size = self._sizes[name]
        try:
            with self._zip.open(name) as member:
                # Never more than was said is unpacked; at the end the check sum is compared.
                content = bytearray(member.read(size + 1))
        except Exception:  # noqa: BLE001 - as above
            raise not_skops() from None
        if len(content) != size:
            raise not_skops()
        return content


def not_skops() -> ArtifactUntrusted:
    """The refusal of anything else than a skops file: what it is called does not matter."""
    return ArtifactUntrusted("The artifact is not a skops file.")
