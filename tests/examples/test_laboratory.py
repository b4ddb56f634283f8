"""How much, and which group: regression and clustering on bundled data."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.shell import Shell, with_one_trial

PATIENT = {
    "age": 59,
    "sex": 2,
    "bmi": 32.1,
    "bp": 101,
    "s1": 157,
    "s2": 93.2,
    "s3": 38,
    "s4": 4,
    "s5": 4.9,
    "s6": 87,
}
WINE = {
    "alcohol": 14.2,
    "malic_acid": 1.7,
    "ash": 2.4,
    "flavanoids": 3.1,
    "color_intensity": 5.6,
    "hue": 1.04,
    "proline": 1065,
}


@pytest.mark.journey
def test_a_number_with_a_decision_and_a_group_come_from_one_server(example: Callable[[str], Shell]) -> None:
    laboratory = example("laboratory")
    with_one_trial(laboratory.directory / "laboratory" / "endpoints.py")
    laboratory.run("python", "manage.py", "seed")
    with laboratory.up("--build", worker=True) as server:
        much = server.ask("POST", "/v1/endpoints/progression/predictions", {"input": PATIENT})
        assert 25 < much["output"]["value"] < 350
        assert much["decision"] == ("see soon" if much["output"]["value"] >= 150 else "see as usual")
        group = server.ask("POST", "/v1/endpoints/cultivar/predictions", {"input": WINE})
        assert isinstance(group["output"]["cluster"], int)
        counts = server.ask("POST", f"/v1/predictions/{much['id']}/outcome", {"value": 151.0})
        assert counts["bound"] == 1
