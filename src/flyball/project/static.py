"""Static files through Django, where no server hands them out by itself."""

from __future__ import annotations

from typing import Any

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest


class StaticFiles(ASGIStaticFilesHandler):
    """Django's own handler, for which a path out of the folders is nothing, not a mistake of the server."""

    def serve(self, request: HttpRequest) -> Any:
        """The file. Raises ``Http404``."""
        try:
            return super().serve(request)
        except SuspiciousOperation as error:
            raise Http404 from error
