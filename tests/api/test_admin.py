"""Django's admin shows what is managed; what is immutable can only be looked at."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from flyball.batches.models import Upload
from flyball.batches.services import ask_batch
from flyball.control.abtests.layers import ensure_layer
from flyball.control.abtests.models import ABTest, Look
from flyball.control.accounts.models import ApiKey, Team
from flyball.control.asking.models import AskLink
from flyball.control.asking.services import begin_upload
from flyball.control.backtests.services import ask_backtest
from flyball.control.cards.services import write_card
from flyball.control.diagnostics.services import ask_diagnosis
from flyball.control.drawings.services import ask_drawing
from flyball.control.registry.models import Version
from flyball.control.routing.models import Outcome, Prediction
from flyball.control.schedules.making import make_due
from flyball.control.shadows.services import add_shadow
from flyball.domain.records import now
from flyball.project.models import User
from tests.api.conftest import Ask
from tests.routing.purchase import copy

admin.autodiscover()  # as its addresses do
OURS = [model for model in admin.site._registry if model._meta.app_label.startswith("flyball_")]
IMMUTABLE = [model for model in OURS if model not in {Team, User}]


@pytest.fixture
def root(ask: Ask, version: Version, django_user_model: type) -> Client:
    """The superuser, where there is something of everything."""
    ask("owner", "POST", "endpoints/purchase/promote", {"version": 1})
    nightly = {"name": "nightly", "times": "every day at 02:00", "kind": "snapshot"}
    ask("owner", "POST", "endpoints/purchase/schedules", nightly)
    make_due(now() + timedelta(days=1))
    of = {"endpoint": "purchase", "reference": "order <7>"}
    made = {
        "version": 1,
        "route": 1,
        "entity": {},
        "input": {"age": 7},
        "output": {"label": "yes"},
        "warnings": [],
    }
    asked = Prediction.objects.create(id=uuid4(), created_at=now(), **of, **made)
    Outcome.objects.create(
        state="bound", prediction=asked.id, value="yes", source="api", received_at=now(), **of
    )
    test = ABTest.objects.create(endpoint_id="purchase", number=1, before=1, spec={})
    Look.objects.create(test=test, at=now(), document={})
    ensure_layer(team=version.endpoint.team, name="checkout")
    add_shadow(endpoint="purchase", version=copy(version).number)
    ask_backtest(endpoint="purchase", version=1, start=now() - timedelta(days=1))
    ask_batch(endpoint="purchase", source="/people.csv", out="/answers.csv")
    Upload.objects.create(endpoint=version.endpoint, key="a" * 32, name="<b>.csv", bytes=9)
    ask_diagnosis(version=version)
    write_card(version=version, intended_use="", limits="", owners="Ada", expected=0)
    ask_drawing(endpoint=version.endpoint, subject="versions/1/folds", document={"mark": "bar"})
    client = Client()
    uploader = User.objects.create(username="uploader")
    AskLink.objects.create(endpoint=version.endpoint, origins=["https://a.example"], created_by=uploader)
    begin_upload(endpoint=version.endpoint, user=uploader, name="<b>.csv", size=9, language="en")
    client.force_login(django_user_model.objects.create_superuser("root"))  # type: ignore[attr-defined]  # the project's
    return client


def place(model: type, page: str, *arguments: int) -> str:
    meta = model._meta  # type: ignore[attr-defined]  # a model's
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=arguments)


def test_every_managed_table_is_there(root: Client) -> None:
    names = {model.__name__ for model in OURS}
    assert names == {
        "ABTest",
        "ApiKey",
        "AskLink",
        "Backtest",
        "Batch",
        "Build",
        "BuildUnit",
        "CandidateResult",
        "Card",
        "Diagnosis",
        "Drawing",
        "Endpoint",
        "Job",
        "Layer",
        "Look",
        "Outcome",
        "Prediction",
        "RouteRevision",
        "Schedule",
        "ScheduledRun",
        "Shadow",
        "Snapshot",
        "Team",
        "Upload",
        "User",
        "Version",
    }


def test_every_list_and_every_row_can_be_looked_at(root: Client) -> None:
    for model in OURS:
        assert root.get(place(model, "changelist")).status_code == 200
        row = model._default_manager.first()
        assert row is not None
        assert root.get(place(model, "change", row.pk)).status_code == 200


def test_what_is_recorded_is_never_counted(root: Client) -> None:
    for model in (Prediction, Outcome):
        with CaptureQueriesContext(connection) as asked:
            page = root.get(place(model, "changelist"), {"endpoint": "purchase"}).content.decode()
        assert "order &lt;7&gt;" in page or model is Outcome
        assert not [each for each in asked if "COUNT(" in each["sql"] and model._meta.db_table in each["sql"]]


def test_versions_say_their_stage_and_score(root: Client) -> None:
    page = root.get(place(Version, "changelist")).content.decode()
    assert "production" in page


def test_accounts_of_others_are_nobodys_matter_there() -> None:
    assert not {"account", "mfa", "socialaccount", "usersessions"} & {
        model._meta.app_label for model in admin.site._registry
    }


def test_what_is_immutable_cannot_be_added_changed_or_deleted(root: Client) -> None:
    for model in IMMUTABLE:
        row = model._default_manager.first()
        assert row is not None
        for page, arguments in (("add", ()), ("change", (row.pk,)), ("delete", (row.pk,))):
            assert root.post(place(model, page, *arguments), {}).status_code == 403


def test_a_key_is_revoked_there_and_its_digest_not_shown(root: Client) -> None:
    key = ApiKey.objects.filter(role="viewer").get()
    assert key.digest not in root.get(place(ApiKey, "change", key.pk)).content.decode()
    root.post(place(ApiKey, "changelist"), {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert key.revoked_at is not None
