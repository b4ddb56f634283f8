"""Who buys? Its rows are where the environment says."""

from __future__ import annotations

import os

from flyball import Classification, Outcome, Rows


class Purchase(Classification):
    """Who buys?"""

    rows = Rows(os.environ.get("PURCHASES", "rows.csv"))
    outcome = Outcome("bought", positive="yes")
    candidates = ("linear",)
    cv = 2
