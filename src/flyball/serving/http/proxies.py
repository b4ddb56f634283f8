"""Behind a proxy: whose request it is, and whether it came by https, as far as the proxy is trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network


class Proxies:
    """The proxies that are trusted, as addresses and networks. Nobody else's headers are believed."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._networks = [ip_network(each, strict=False) for each in trusted]

    def client(self, peer: str, headers: Mapping[str, str]) -> str:
        """The address that asks: ``peer``, or what trusted proxies say of it in ``X-Forwarded-For``.

        Each proxy appends whom it heard; the last one that is no proxy of ours is the client. What stands
        before it, the client may have written.
        """
        if not self._networks or not self.trust(peer):
            return peer
        heard = [each.strip() for each in headers.get("x-forwarded-for", "").split(",")]
        for address in reversed(heard):
            if not _is_address(address):
                return peer
            if not self.trust(address):
                return address
        return heard[0]

    def scheme(self, peer: str, headers: Mapping[str, str]) -> str | None:
        """``https`` or ``http`` where a trusted proxy says so in ``X-Forwarded-Proto``, else ``None``."""
        said = headers.get("x-forwarded-proto", "").strip().lower()
        return said if said in {"http", "https"} and self.trust(peer) else None

    def trust(self, address: str) -> bool:
        """Whether an address is a trusted proxy's."""
        if not self._networks or not _is_address(address):
            return False
        read = ip_address(address)
        return any(read in network for network in self._networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
