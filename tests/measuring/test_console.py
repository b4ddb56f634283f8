"""Every page of the console that somebody can look at is one that is timed."""

from __future__ import annotations

import pytest
from benchmarks.console.addresses import examples
from django.urls import path, resolve
from django.views import View

from flyball.console import urls

VALUES = {
    "endpoint": "purchase",
    "middle": "purchase",
    "version": 2,
    "diagnosed": 1,
    "shadow": 2,
    "build": 3,
    "test": 1,
    "backtest": 7,
    "digest": "0" * 64,
    "drawing": "0" * 64,
    "prediction": "019a0000-0000-7000-8000-000000000000",
    "reference": "order-1",
    "job": "019a0000-0000-7000-8000-000000000000",
    "invitation": "text",
    "withdrawn": 6,
    "member": 4,
    "key": 5,
    "upload": 8,
    "asset": "assets/0/console.css",
}


def test_every_address_has_an_example_that_leads_to_it() -> None:
    for name, addresses in examples(urls.urlpatterns).items():
        for each in addresses:
            way, _, _ = each.format(**VALUES).partition("?")
            assert resolve(f"/{way}").url_name == name


def test_an_address_without_an_example_is_named() -> None:
    class Page(View):
        roles = {"GET": "viewer"}

    with pytest.raises(SystemExit, match=r"no example .*: flyball-new \(new/<int:number>\)"):
        examples([*urls.urlpatterns, path("new/<int:number>", Page.as_view(), name="flyball-new")])


def test_what_only_a_form_is_sent_to_needs_none() -> None:
    assert "flyball-cancel-job" not in examples(urls.urlpatterns)
