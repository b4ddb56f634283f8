"""One number that is too large for sums stops no shadow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flyball.domain.shadows.agreement import Agreement, of_document
from flyball.domain.shadows.judged import loss_of
from tests.stores.predictions import made

SMALL, HUGE = {"value": 1.0}, [1e61, -1e120, 1e200, 1e308]


@pytest.mark.parametrize("huge", HUGE)
def test_an_answer_that_no_sum_holds_counts_as_another_one(huge: float) -> None:
    kept = Agreement()
    stored = replace(made(), output=SMALL, decision=None)
    assert kept.add(stored, {"value": huge}, None)
    kept.add(stored, {"value": 3.0}, None)
    again = of_document(kept.document())
    assert (again.answered, again.differing, again.differences.units) == (2, 2, 1)
    assert float(again.differences.first) == 2.0
    assert sum(again.distances.values()) == 2


@pytest.mark.parametrize("huge", HUGE)
def test_an_outcome_whose_error_no_sum_holds_is_not_compared(huge: float) -> None:
    assert loss_of(SMALL, huge) is None
    assert loss_of(SMALL, 3.0) == (4.0, None)
