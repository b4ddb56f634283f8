"""Versions that are registered at once get a number each, without a gap."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection

from flyball.control.declarations.services import record
from flyball.control.registry.models import Version
from flyball.control.registry.numbering import number_version
from flyball.domain.routing import Manifest
from flyball.domain.schema import Schema
from flyball.stores.database import Database
from tests.registry import small

pytestmark = pytest.mark.storage

MANIFEST = Manifest(endpoint="purchase", number=0, task="regression", artifacts=(), schema=Schema(()))


def test_eight_threads_number_forty_versions(database: Database) -> None:
    record(declaration=small.declare(Path("rows.csv")))
    together = Barrier(8)

    def five(_: int) -> list[int]:
        together.wait()
        try:
            return [number_version(manifest=MANIFEST, facts={}).number for _ in range(5)]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        numbers = sorted(number for some in pool.map(five, range(8)) for number in some)
    assert numbers == list(range(1, 41))
    assert Version.objects.filter(endpoint_id="purchase").count() == 40
