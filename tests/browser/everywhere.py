"""Every page that somebody can reach by links, one of each kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tests.browser.person import Person

LEFT_OUT = ("/admin/", "/api/endpoints", "/api/openapi", "/assets/", "/predictions.csv", "/static/", "/v1/")
"""The admin has a look of its own, and files are no pages."""
PLACES = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{12,}|\d+")
"""What tells two pages of one kind apart: ids, digests, numbers."""


def kind(address: str) -> str:
    """The same for two pages of one kind."""
    return PLACES.sub("*", address.partition("?")[0])


def pages(
    person: Person, start: str = "/", is_page: Callable[[str], bool] = lambda _: True
) -> Iterator[tuple[str, str]]:
    """Each kind of page with an address, and with that page open."""
    waiting, known = [start], {kind(start)}
    while waiting:
        address = waiting.pop(0)
        person.go(address)
        yield kind(address), address
        for each in person.links():
            if kind(each) not in known and not each.startswith(LEFT_OUT) and is_page(each):
                known.add(kind(each))
                waiting.append(each)
