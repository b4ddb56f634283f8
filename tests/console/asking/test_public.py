"""People without an account: nobody, unless the declaration and an owner say so; within bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from flyball import Ask
from flyball.control.asking import public
from flyball.control.asking.models import AskedMinute, AskLink
from flyball.control.declarations import discovery
from flyball.control.declarations.models import Endpoint
from flyball.control.registry.models import Version
from flyball.control.routing import services
from flyball.control.routing.models import Prediction
from flyball.domain.errors import InvalidInput
from tests.console.conftest import Browser

pytestmark = pytest.mark.storage
PAGE, LINKS = "/ask/purchase", "/ask/purchase/links"
CASE = {"input.age": "50", "input.job": "cook", "once": "1"}
QUERY = "input.age=50&input.job=cook"
Open = Callable[..., None]


@pytest.fixture
def opened(promoted: Version, monkeypatch: pytest.MonkeyPatch) -> Open:
    """``opened(to)``: the declaration says so, and is applied."""

    def opened(to: str, per_minute: int = 60) -> None:
        declared = discovery.find("purchase")
        monkeypatch.setattr(declared, "ask", Ask(open_to=to, per_minute=per_minute))
        services.apply(declarations={"purchase": declared})

    return opened


def linked(owner: Client, origins: str = "https://www.example.org\nhttp://localhost:3000") -> str:
    """The address of a new link."""
    assert owner.post(LINKS, {"origins": origins}).status_code == 302
    return f"/asked/{public.text_of(AskLink.objects.latest('pk'))}"


def test_nobody_without_an_account_asks_where_the_declaration_does_not_say_so(
    browser: Browser, opened: Open
) -> None:
    nobody = browser(None)
    for to in ("members", "links"):
        opened(to)
        assert nobody.get(PAGE).status_code == 302
        assert nobody.post(PAGE, CASE).status_code == 302
    assert nobody.get("/ask/nowhere").status_code == 302
    assert not Prediction.objects.exists()


def test_what_is_open_to_everybody_is_asked_recorded_and_told_nothing(browser: Browser, opened: Open) -> None:
    opened("everybody")
    nobody = browser(None)
    page = nobody.get(f"{PAGE}?{QUERY}").content.decode()
    assert "recorded nowhere" in page
    assert not Prediction.objects.exists()
    for _ in range(2):
        answer = nobody.post(PAGE, CASE).content.decode()
    assert "Asked and recorded" in answer
    assert "Was this right?" not in answer
    assert "/rows" not in answer
    assert Prediction.objects.count() == 1
    for path in ("/ask", f"{PAGE}/rows", f"{PAGE}/files", f"{PAGE}/outcome", LINKS):
        assert nobody.get(path).status_code == 302
        assert nobody.post(path).status_code == 302
    assert "frame-ancestors 'none'" in nobody.get(PAGE)["Content-Security-Policy"]


def test_more_than_a_minute_may_have_is_refused(browser: Browser, opened: Open) -> None:
    opened("everybody", per_minute=4)
    nobody = browser(None)
    statuses = [nobody.get(f"{PAGE}?{QUERY}").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]  # an address has half of it
    other = [nobody.get(f"{PAGE}?{QUERY}", REMOTE_ADDR=f"198.51.100.{place}") for place in range(3)]
    assert [each.status_code for each in other] == [200, 200, 429]
    assert other[-1]["Retry-After"] == "60"
    assert nobody.post(PAGE, CASE).status_code == 429
    assert nobody.get(PAGE).status_code == 200
    assert not any("198.51" in each.who for each in AskedMinute.objects.all())
    assert not Prediction.objects.exists()


def test_a_link_is_embedded_by_exactly_its_sites_and_needs_no_cookie(browser: Browser, opened: Open) -> None:
    opened("links")
    address = linked(browser("owner"))
    nobody = Client(enforce_csrf_checks=True)
    page = nobody.get(address)
    policy = page["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors https://www.example.org http://localhost:3000")
    assert "X-Frame-Options" not in page
    answer = nobody.post(address, CASE)
    assert "Asked and recorded" in answer.content.decode()
    assert not answer.cookies.get("sessionid")
    assert Prediction.objects.count() == 1
    assert "frame-ancestors 'none'" in nobody.get(linked(browser("owner"), ""))["Content-Security-Policy"]


def test_a_link_that_was_taken_back_or_closed_answers_nobody(browser: Browser, opened: Open) -> None:
    opened("links")
    owner = browser("owner")
    address, other = linked(owner), linked(owner)
    number = AskLink.objects.earliest("pk").pk
    assert owner.post(f"{LINKS}/{number}/revoke").status_code == 302
    assert owner.post(f"{LINKS}/{number}/revoke").status_code == 404
    assert owner.get(address).status_code == 404
    assert owner.get(other).status_code == 200
    opened("members")
    refused = owner.get(other)
    assert refused.status_code == 404
    assert "frame-ancestors 'none'" in refused["Content-Security-Policy"]
    assert owner.post(LINKS, {"origins": ""}).status_code == 409
    for forged in ("1", "MQ:1", f"{address[7:]}x", "x" * 5000):
        assert owner.get(f"/asked/{forged}").status_code == 404


@pytest.mark.parametrize("who", ["viewer", "member", "caller"])
def test_links_are_made_by_owners_alone(browser: Browser, opened: Open, who: str) -> None:
    opened("links")
    client = browser(who)
    assert client.get(LINKS).status_code == 403
    assert client.post(LINKS, {"origins": ""}).status_code == 403
    assert not AskLink.objects.exists()


@pytest.mark.parametrize(
    "origin",
    [
        "https://a.example/path",
        "https://*.example",
        "http://a.example",
        "https://a.example;script-src",
        "'self'",
        "*",
        "https://",
        "https://a.example:123456",
        "data:",
        "https://A.example",
    ],
)
def test_what_is_no_origin_is_written_into_no_policy(version: Version, origin: str) -> None:
    with pytest.raises(InvalidInput):
        public.make_link(endpoint=Endpoint.objects.get(), origins=[origin], user=None)


def test_where_features_come_from_tables_nobody_outside_looks_anybody_up(
    browser: Browser, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened("everybody")
    address = linked(browser("owner"))
    form: Any = "flyball.console.asking.form.Form.keys"
    monkeypatch.setattr(form, property(lambda self: self.entries[:1]))
    nobody = browser(None)
    assert nobody.get(PAGE).status_code == 302
    assert nobody.get(address).status_code == 404
