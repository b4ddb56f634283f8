"""Which arm a unit belongs to: the same on every replica, in every language, while weights stay."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from flyball.domain.errors import InvalidInput, Problem

SLOTS = 10_000
"""Into so many parts units are divided; a share is a whole number of them."""


def slot(salt: str, unit: str) -> int:
    """The slot of a unit, from 0 to ``SLOTS`` - 1.

    The first eight bytes of SHA-256 over salt, a byte of zeros and unit (both UTF-8), read as a whole number,
    the first byte the highest; times ``SLOTS``, over 2^64, rounded down. Another salt gives another slot
    that has nothing to do with this one.
    """
    return _slot(_digest(salt, unit))


def identity(salt: str, unit: str) -> str:
    """A unit as a test knows it again: the first 16 bytes of the same digest, as hexadecimal digits."""
    return _digest(salt, unit)[:16].hex()


def slot_of(identity: str) -> int:
    """The slot of a unit, from its identity."""
    return _slot(bytes.fromhex(identity))


def _digest(salt: str, unit: str) -> bytes:
    return hashlib.sha256(f"{salt}\0{unit}".encode("utf-8", "surrogatepass")).digest()


def _slot(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "big") * SLOTS >> 64


class Draw:
    """Which of the runs that all slots are divided into, in order, a unit's slot is in."""

    def __init__(self, salt: str, lengths: Sequence[int]) -> None:
        """``lengths`` are the numbers of slots of each run."""
        self._salt = salt
        # A slot is n or more where the number that it stands for is n * 2^64 / SLOTS, rounded up, or more: so
        # digests are compared as they are, which is sooner than to work out the slot of each.
        ends = accumulate(lengths[:-1])
        self._ends = [(-(-(end << 64) // SLOTS)).to_bytes(8, "big") for end in ends]

    def run(self, unit: str) -> int:
        """The place of the run that the unit's slot is in."""
        return bisect_right(self._ends, _digest(self._salt, unit))


@dataclass(frozen=True, slots=True)
class Allocation:
    """To whom all slots belong: runs of them, in order, each with an owner and the number of its slots.

    Owners are the arms of a test, or, one floor above, the tests that exclude each other on one endpoint.
    """

    runs: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        if sum(length for _, length in self.runs) != SLOTS or any(length < 1 for _, length in self.runs):
            raise ValueError(f"Runs are of one slot or more, and {SLOTS} together.")

    def owner(self, of: int) -> str:
        """To whom a slot belongs."""
        ends = list(accumulate(length for _, length in self.runs))
        return self.runs[bisect_right(ends, of)][0]

    def slots(self) -> dict[str, int]:
        """How many slots each owner has."""
        held: Counter[str] = Counter()
        for owner, length in self.runs:
            held[owner] += length
        return dict(held)

    def shares(self) -> dict[str, float]:
        """The same, as shares that sum to 1."""
        return {owner: length / SLOTS for owner, length in self.slots().items()}

    def changed(self, shares: Mapping[str, float]) -> Allocation:
        """The allocation with other shares, in which no slot moves that need not.

        Who has too many gives the last ones; who has too few takes them, in the order of ``shares``. An owner
        that ``shares`` leaves out gives all. Raises ``InvalidInput`` for shares that are no such.
        """
        wanted = _in_slots(shares)
        left = dict(wanted)
        kept: list[str | None] = []
        for owner in self.owners():
            has_room = left.get(owner, 0) > 0
            kept.append(owner if has_room else None)
            if has_room:
                left[owner] -= 1
        takers = (owner for owner, missing in left.items() for _ in range(missing))
        return _of_slots(owner if owner is not None else next(takers) for owner in kept)

    def moved(self, to: Allocation) -> int:
        """How many slots have another owner there."""
        return sum(here != there for here, there in zip(self.owners(), to.owners(), strict=True))

    def owners(self) -> tuple[str, ...]:
        """To whom each slot belongs, in order."""
        return tuple(owner for owner, length in self.runs for _ in range(length))


def allocation(shares: Mapping[str, float]) -> Allocation:
    """A first allocation, owners in the order of ``shares``. Raises ``InvalidInput``."""
    return Allocation(tuple((owner, slots) for owner, slots in _in_slots(shares).items() if slots))


def _of_slots(owners: Iterable[str]) -> Allocation:
    return Allocation(tuple((owner, sum(1 for _ in run)) for owner, run in groupby(owners)))


def _in_slots(shares: Mapping[str, float]) -> dict[str, int]:
    """Shares in whole slots. What is left over by rounding down goes to the largest remainders."""
    total = sum(shares.values())
    if not all(0 <= share <= 1 for share in shares.values()) or abs(total - 1) > 1e-9:
        problem = Problem(
            "/shares", "out_of_range", f"Each is from 0 to 1, and all together 1, not {total:g}."
        )
        raise InvalidInput("The shares of the arms do not fit.", problems=[problem])
    exact = {owner: round(share * SLOTS, 6) for owner, share in shares.items()}
    whole = {owner: int(slots) for owner, slots in exact.items()}
    by_remainder = sorted(exact, key=lambda owner: whole[owner] - exact[owner])
    for owner in by_remainder[: SLOTS - sum(whole.values())]:
        whole[owner] += 1
    return whole
