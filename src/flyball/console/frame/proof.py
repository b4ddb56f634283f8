"""Acts that matter ask who does them: the project says whether its reader has proven that a moment ago."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.module_loading import import_string

SETTING = "FLYBALL_PROOF"
"""Django's setting: a dotted path to what takes a request, and gives the address at which its reader proves
who they are, and from which they come back; ``None`` where they have just done that."""


def needs_proof(request: HttpRequest) -> HttpResponse | None:
    """The way to where the reader proves who they are; ``None`` where they may go on.

    A project without the setting asks nobody.
    """
    named = getattr(settings, SETTING, None)
    address = import_string(named)(request) if named else None
    if address is None:
        return None
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": address, "Cache-Control": "no-store"})
    return HttpResponseRedirect(address, headers={"Cache-Control": "no-store"})
