"""Finding declarations: the ``endpoints`` module of every installed app, as Django finds ``admin``."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps
from django.utils.module_loading import module_has_submodule

from flyball.domain.declaration import Endpoint, declared
from flyball.domain.errors import DeclarationError, UnknownEndpoint


def load() -> None:
    """Import the ``endpoints`` module of each installed app; Flyball's own hold no declarations."""
    for app in apps.get_app_configs():
        ours = app.name.partition(".")[0] == "flyball"
        if not ours and app.module is not None and module_has_submodule(app.module, "endpoints"):
            import_module(f"{app.name}.endpoints")


def autodiscover() -> dict[str, type[Endpoint]]:
    """Every declared endpoint by name. Raises ``DeclarationError`` when two have one name."""
    load()
    found: dict[str, type[Endpoint]] = {}
    for endpoint in declared():
        if endpoint.name in found:
            both = f"{_place(found[endpoint.name])} and {_place(endpoint)}"
            raise DeclarationError(f"Two endpoints are named {endpoint.name}: {both}.")
        found[endpoint.name] = endpoint
    return found


def find(name: str) -> type[Endpoint]:
    """The declaration of a name. Raises ``UnknownEndpoint``, which lists those that are declared."""
    found = autodiscover()
    if name not in found:
        known = ", ".join(found) or "none"
        raise UnknownEndpoint(f"No endpoint of that name is declared. Declared: {known}.")
    return found[name]


def _place(endpoint: type[Endpoint]) -> str:
    return f"{endpoint.__module__}.{endpoint.__qualname__}"
