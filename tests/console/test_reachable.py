"""No page is known to those alone who know its address."""

from __future__ import annotations

import re
from pathlib import Path

from django.urls import URLPattern

from flyball.console import urls
from flyball.console.frame import page

TEMPLATES = Path(page.__file__).parents[1] / "templates"
LINK = re.compile(r"\{% url '([\w-]+)'")
SENT = {"flyball-join"}
"""An invitation's link is sent to somebody."""


def test_each_page_is_linked_from_another() -> None:
    linked = {name for name, _ in page.SECTIONS} | SENT
    for template in TEMPLATES.rglob("*.html"):
        linked |= set(LINK.findall(template.read_text()))
    shown = {
        str(each.name) for each in urls.urlpatterns if isinstance(each, URLPattern) and "GET" in _roles(each)
    }
    assert not shown - linked


def _roles(pattern: URLPattern) -> dict[str, str]:
    return getattr(getattr(pattern.callback, "view_class", None), "roles", {})
