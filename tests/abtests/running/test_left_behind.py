"""The test of an endpoint that has left the code can be ended, and gives its share of a layer back."""

from __future__ import annotations

from pathlib import Path

import pytest

from flyball.control.abtests import layers, selectors, services
from flyball.control.accounts.services import ensure_team
from flyball.control.declarations import discovery
from flyball.control.declarations.services import retire
from flyball.control.routing import selectors as routing
from flyball.domain.declaration import forget
from flyball.stores.database import Database
from tests.abtests.running.cast import started, two_versions

pytestmark = pytest.mark.storage


@pytest.mark.parametrize("is_retired", [True, False])
def test_the_test_of_an_endpoint_that_has_left_the_code_is_stopped(
    tmp_path: Path, database: Database, is_retired: bool
) -> None:
    two_versions(tmp_path)
    layer = layers.ensure_layer(team=ensure_team(slug="default"), name="checkout")
    started(layer="checkout", layer_share=0.6)
    assert layers.left(layer) == 0.4
    forget(discovery.find("purchase"))
    if is_retired:
        retire(endpoint="purchase", yes=True)
    services.stop(test=selectors.running("purchase"))
    assert layers.left(layer) == 1.0
    route = routing.route("purchase")
    assert route is not None
    assert ([(arm.name, arm.version, arm.weight) for arm in route.arms], route.test) == (
        [("champion", 1, 1.0)],
        None,
    )
