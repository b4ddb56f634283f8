"""Which types of the user's own a model may hold: the project's code and settings say so, and no row."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from flyball.control.declarations import discovery
from flyball.control.declarations.configured import configured
from flyball.learning.trusted import trusted_names


class Trusted:
    """The names of trusted types of one endpoint, as ``module.Class``.

    Declarations are read when a model holds a type that the settings do not name, and not before: a mistake
    in the code of an endpoint keeps no other from being loaded.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def __contains__(self, name: object) -> bool:
        return name in self._settings or name in self._declared

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._settings, *self._declared}))

    @cached_property
    def _settings(self) -> tuple[str, ...]:
        return configured().trusted_types

    @cached_property
    def _declared(self) -> frozenset[str]:
        try:
            declaration = discovery.autodiscover().get(self._endpoint)
        except Exception:  # noqa: BLE001 - the project's own modules may fail in any way when they are imported
            return frozenset()
        return frozenset(() if declaration is None else trusted_names(declaration.trusted))


def trusted(endpoint: str) -> Trusted:
    """The types of the user's own that the models of an endpoint may hold."""
    return Trusted(endpoint)
