"""A version that nothing uses can be taken away; its number and what it answered stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from flyball.control.connection import database as project_database
from flyball.control.registry import selectors as registry
from flyball.control.registry.models import Artifact, ArtifactPart, Version
from flyball.control.registry.services import export_version
from flyball.control.routing import services
from flyball.domain.errors import Conflict, UnknownVersion
from flyball.stores import routes
from flyball.stores.database import Database
from tests.routing.purchase import applied, copy, promote

pytestmark = pytest.mark.storage


def remove(number: int) -> None:
    """Remove a version of ``purchase``."""
    services.remove_version(endpoint="purchase", version=number)


def test_a_version_that_is_removed_is_listed_and_found_no_more(tmp_path: Path, database: Database) -> None:
    applied(tmp_path)
    remove(1)
    assert list(registry.versions("purchase")) == []
    with pytest.raises(UnknownVersion, match="removed"):
        registry.version("purchase", 1)


def test_its_golden_rows_and_what_is_known_of_it_are_gone(tmp_path: Path, database: Database) -> None:
    applied(tmp_path)
    remove(1)
    left = Version.objects.get(endpoint_id="purchase", number=1)
    assert (left.manifest, left.facts, left.candidate_id) == ({}, {}, None)


def test_its_number_is_never_given_again(tmp_path: Path, database: Database) -> None:
    second = copy(applied(tmp_path))
    candidate = second.candidate
    remove(2)
    second.candidate = candidate
    assert copy(second).number == 3


def test_a_version_that_the_route_names_is_kept(tmp_path: Path, database: Database) -> None:
    promote(applied(tmp_path))
    with pytest.raises(Conflict, match="promote another"):
        remove(1)
    assert registry.version("purchase", 1)


def test_a_champion_of_the_past_may_go_and_a_rollback_to_it_is_refused(
    tmp_path: Path, database: Database
) -> None:
    first = applied(tmp_path)
    promote(first)
    promote(copy(first))
    remove(1)
    with pytest.raises(UnknownVersion, match="removed"):
        services.rollback(endpoint="purchase")


def test_a_removed_version_is_not_promoted(tmp_path: Path, database: Database) -> None:
    applied(tmp_path)
    remove(1)
    with pytest.raises(UnknownVersion, match="removed"):
        promote(1)


def test_a_server_knows_a_removed_version_no_more(tmp_path: Path, database: Database) -> None:
    applied(tmp_path)
    remove(1)
    store = project_database()
    connection = store.connect()
    with pytest.raises(UnknownVersion):
        routes.manifest(store, connection, "purchase", 1)
    connection.close()


def test_a_model_that_a_build_still_has_stays_and_one_that_nobody_has_goes(
    tmp_path: Path, database: Database
) -> None:
    version = applied(tmp_path)
    folder = export_version(version=version, folder=tmp_path / "exported")
    digest = version.manifest["artifacts"][0]["digest"]
    assert version.candidate is not None
    version.candidate.build.results.exclude(pk=version.candidate.pk).delete()
    remove(1)
    assert Artifact.objects.filter(digest=digest).exists()
    version.candidate.build.delete()
    again = services.import_version(folder=folder)
    remove(again.number)
    assert not Artifact.objects.filter(digest=digest).exists()
    assert not ArtifactPart.objects.filter(digest=digest).exists()
