"""Who asks, behind a proxy: its word is taken only where it is trusted."""

from __future__ import annotations

import pytest

from flyball.serving.http.proxies import Proxies

CLIENTS: list[tuple[str, tuple[str, ...], str, str, str]] = [
    # why, trusted, peer, X-Forwarded-For, client
    ("nobody is trusted", (), "10.0.0.1", "192.0.2.7", "10.0.0.1"),
    ("another is trusted", ("10.0.0.2",), "10.0.0.1", "192.0.2.7", "10.0.0.1"),
    ("the proxy is", ("10.0.0.1",), "10.0.0.1", "192.0.2.7", "192.0.2.7"),
    ("its network is", ("10.0.0.0/8",), "10.0.0.1", "192.0.2.7", "192.0.2.7"),
    ("what the client wrote", ("10.0.0.1",), "10.0.0.1", "1.1.1.1, 192.0.2.7", "192.0.2.7"),
    ("two proxies", ("10.0.0.0/8",), "10.0.0.1", "1.1.1.1, 192.0.2.7, 10.0.0.2", "192.0.2.7"),
    ("proxies alone", ("10.0.0.0/8",), "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
    ("nothing said", ("10.0.0.1",), "10.0.0.1", "", "10.0.0.1"),
    ("no address", ("10.0.0.1",), "10.0.0.1", "192.0.2.7, unknown", "10.0.0.1"),
    ("IPv6", ("2001:db8::/32",), "2001:db8::1", "2001:db9::7", "2001:db9::7"),
]


@pytest.mark.parametrize(
    ("trusted", "peer", "heard", "client"), [row[1:] for row in CLIENTS], ids=[row[0] for row in CLIENTS]
)
def test_the_client_is_the_last_address_that_no_proxy_of_ours_has(
    trusted: tuple[str, ...], peer: str, heard: str, client: str
) -> None:
    assert Proxies(trusted).client(peer, {"x-forwarded-for": heard}) == client


@pytest.mark.parametrize(
    ("trusted", "said", "scheme"),
    [((), "https", None), (("10.0.0.1",), "HTTPS", "https"), (("10.0.0.1",), "gopher", None)],
)
def test_https_is_believed_of_a_trusted_proxy(
    trusted: tuple[str, ...], said: str, scheme: str | None
) -> None:
    assert Proxies(trusted).scheme("10.0.0.1", {"x-forwarded-proto": said}) == scheme
