"""A decision is published with the label that its version knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flyball import Classification, Outcome, Rows, Threshold
from flyball.control.routing import composition
from flyball.domain.errors import DeclarationError
from flyball.domain.routing import Manifest
from flyball.domain.schema import Schema


def knows(*classes: Any) -> Manifest:
    """A version of these classes."""
    made = Manifest(endpoint="risk", number=1, task="classification", artifacts=(), schema=Schema(()))
    return replace(made, classes=classes)


@pytest.mark.parametrize(
    ("positive", "classes", "label"),
    [("True", (False, True), "true"), (1.0, (0, 1), "1"), ("bad", ("bad", "good"), "bad")],
)
def test_a_decision_names_the_label_as_the_version_spells_it(
    positive: Any, classes: tuple[Any, ...], label: str
) -> None:
    class Risk(Classification):
        rows = Rows("loans.csv")
        outcome = Outcome("status", positive=positive)
        decide = Threshold(0.5, at_or_above="refuse", below="accept")

    made = composition.decision(Risk, knows(*classes))
    assert made is not None
    assert made.label == label


def test_a_decision_about_no_label_of_the_version_is_refused() -> None:
    class Risk(Classification):
        rows = Rows("loans.csv")
        outcome = Outcome("status", positive="yes")
        decide = Threshold(0.5, at_or_above="refuse", below="accept")

    with pytest.raises(DeclarationError, match="is not a class of version 1"):
        composition.decision(Risk, knows(False, True))
