"""Unknown paths of the management API: 401 without a key, so that they do not tell which paths exist."""

from __future__ import annotations

from rest_framework.request import Request

from flyball.api.view import ManagementView
from flyball.domain.errors import NotFound


class Nothing(ManagementView):
    """The view of every unknown path: 401 without a key, 404 with one, whatever the method."""

    def role(self, request: Request) -> str:
        """Every role may learn that the path is unknown."""
        return "viewer"

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Raise ``NotFound`` once it is known who asks."""
        super().initial(request, *args, **kwargs)
        raise NotFound
