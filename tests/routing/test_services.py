"""What every service promises: its arguments are given by name."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

APPS = ("accounts", "declarations", "datasets", "registry", "routing")


@pytest.mark.parametrize("app", APPS)
def test_a_service_takes_its_arguments_by_name(app: str) -> None:
    module = import_module(f"flyball.control.{app}.services")
    own = getattr(module, "__all__", None) or [
        name for name, one in vars(module).items() if getattr(one, "__module__", "") == module.__name__
    ]
    services = {name: vars(module)[name] for name in own if not name.startswith("_")}
    by_place = {
        name: [
            word
            for word, one in inspect.signature(service).parameters.items()
            if one.kind != one.KEYWORD_ONLY
        ]
        for name, service in services.items()
        if inspect.isfunction(service)
    }
    assert by_place
    assert {name: words for name, words in by_place.items() if words} == {}
