"""Every address that is none: without a key, nobody learns which there are."""

from __future__ import annotations

from rest_framework.request import Request

from flyball.api.view import ManagementView
from flyball.domain.errors import NotFound


class Nothing(ManagementView):
    """What is left: 401 without a key, 404 with one, whatever the method."""

    def role(self, request: Request) -> str:
        """Any role will do to be told that there is nothing."""
        return "viewer"

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Raise ``NotFound`` once it is known who asks."""
        super().initial(request, *args, **kwargs)
        raise NotFound
