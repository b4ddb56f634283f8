"""The ready-made project as an ASGI application: everything on one port, or Django alone."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

from flyball.asgi import beside
from flyball.control.declarations.configured import configured
from flyball.project.static import StaticFiles
from flyball.serving.http.guard import Guard

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flyball.project.settings")

# The static files are those of Django's admin: few, small, and the same for everybody.
_django = StaticFiles(get_asgi_application())
django = Guard(_django, configured())
"""Django alone."""
application = beside(_django)
"""The data plane beside Django; any ASGI server can host it."""
