"""What is to be expected of a test, in numbers and in sentences: shown before it starts, and when it does."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flyball.control.abtests.planning import Planned


def expected(metric: str, plan: Planned) -> dict[str, Any]:
    """The numbers of a plan, the primary metric that they are of, and the same in ``sentence``."""
    return {"metric": metric, **asdict(plan), "sentence": " ".join(_sentences(metric, plan))}


def _sentences(metric: str, plan: Planned) -> list[str]:
    come = (
        f"{plan.units_a_day:,.0f} units come in a day." if plan.units_a_day else "No units have come lately."
    )
    if plan.effect is None or plan.units is None:
        return [come, f"Too little is known of {metric} to say what a test finds, and when."]
    found = f"A difference of {plan.effect:.3g} in {metric} is found with {plan.units:,.0f} units"
    if plan.days is None or plan.days_at_most is None:
        return [come, f"{found}."]
    always = f"by {_days(plan.days_at_most)} four tests of five have found it, however often one looks."
    return [come, f"{found}, in {_days(plan.days)} if looked at once;", always]


def _days(days: float) -> str:
    return f"{days:,.2g} days" if days < 10 else f"{days:,.0f} days"
