"""In which language a page is read: by its address, by what was chosen before, by the browser."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation.trans_real import parse_accept_lang_header

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français"}
"""Those that the pages come in, by their codes."""
PARAMETER, COOKIE = "language", "flyball_language"
YEAR = 365 * 24 * 3600


class Choice(NamedTuple):
    """A language that a reader may take: its code, its own name, its address, whether it is taken."""

    code: str
    name: str
    address: str
    is_here: bool


def language_of(request: HttpRequest) -> str:
    """The language of a request."""
    wanted = [request.GET.get(PARAMETER, ""), request.COOKIES.get(COOKIE, "")]
    header = request.headers.get("Accept-Language", "")
    wanted += [code for code, _ in parse_accept_lang_header(header)]
    known = (code.lower().partition("-")[0] for code in wanted)
    return next((code for code in known if code in LANGUAGES), "en")


def choices(request: HttpRequest, language: str) -> list[Choice]:
    """The same page in each language."""
    kept = [(name, value) for name, values in request.GET.lists() if name != PARAMETER for value in values]
    return [
        Choice(code, name, f"?{urlencode([*kept, (PARAMETER, code)])}", code == language)
        for code, name in LANGUAGES.items()
    ]


def here() -> str:
    """The language that the page is being written in."""
    return get_language() or "en"
