"""Failed tries by whoever fails: counted for a while, in bounded memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

MOST_KNOWN = 10_000
"""So many who failed are remembered; then whoever has not failed for the longest time is forgotten."""
NETWORK_BITS = 64
"""Of an IPv6 address: the rest is for its owner to choose anew for each try."""


class Tries:
    """At most ``most`` failures in ``seconds`` for each key; the window begins with the first.

    Memory is bounded: ``MOST_KNOWN`` keys. Not locked: where threads share it, a failure may count once less.
    """

    def __init__(
        self,
        *,
        most: int,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        known: int = MOST_KNOWN,
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._known = known
        self._failed: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def fail(self, key: str) -> float:
        """Count a failure. Gives the seconds to wait before the next try, 0 where there are tries left."""
        now = self._clock()
        since, times = self._failed.pop(key, (now, 0))
        if now - since >= self._seconds:
            since, times = now, 0
        self._failed[key] = since, times + 1
        while len(self._failed) > self._known:
            self._failed.popitem(last=False)
        return self.wait(key)

    def wait(self, key: str) -> float:
        """The seconds to wait before the next try, 0 where there are tries left."""
        since, times = self._failed.get(key, (0.0, 0))
        left = since + self._seconds - self._clock()
        return left if times >= self._most and left > 0 else 0

    def forget(self, key: str) -> None:
        """Somebody succeeded: their failures count no more."""
        self._failed.pop(key, None)


@lru_cache(1024)  # whoever floods is looked up with each request
def network(address: str) -> str:
    """By what an address is counted: itself; for IPv6, its first 64 bits. What is no address stays."""
    try:
        read = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    return _network(read)


def _network(read: IPv4Address | IPv6Address) -> str:
    if isinstance(read, IPv4Address):
        return str(read)
    if read.ipv4_mapped is not None:
        return str(read.ipv4_mapped)
    return str(IPv6Address(int(read) >> (128 - NETWORK_BITS) << (128 - NETWORK_BITS)))
