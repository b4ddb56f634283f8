"""Classes that only share attributes are no endpoints; everything else that is declared is one."""

from __future__ import annotations

from flyball import Classification, Outcome, Policy, Regression, Rows
from flyball.domain.declaration import Endpoint, declared
from flyball.domain.faults import faults


def known(cls: type) -> bool:
    """Whether a class is among the declared endpoints."""
    return cls in declared()


class Shared(Classification):
    """What the lending team's endpoints have in common."""

    abstract = True
    team = "lending"
    policy = Policy(minimum_score=0.7)
    outcome = Outcome("status", positive="defaulted")


class Risk:
    """A mixin: not even a kind of endpoint."""

    team = "lending"
    seed = 7


def test_an_abstract_class_is_no_endpoint_and_its_subclasses_are() -> None:
    loan: type[Endpoint] = type("LoanRisk", (Shared,), {"rows": Rows("loans.csv")})
    assert (known(Shared), known(loan)) == (False, True)
    assert (loan.name, loan.team, loan.abstract) == ("loan_risk", "lending", False)
    assert faults(loan) == []


def test_being_abstract_is_said_again_by_each_class_that_is() -> None:
    nearer = type("Nearer", (Shared,), {"abstract": True, "rows": Rows("loans.csv")})
    farther = type("Farther", (nearer,), {})
    assert (known(nearer), known(farther)) == (False, True)
    assert faults(farther) == []


def test_a_mixin_shares_its_attributes_from_either_side() -> None:
    rows = {"rows": Rows("prices.csv"), "outcome": Outcome("price")}
    for bases in ((Risk, Regression), (Regression, Risk)):
        price: type[Endpoint] = type("Price", bases, rows)
        assert known(price)
        assert faults(price) == []
    assert not known(Risk)
    assert type("First", (Risk, Regression), rows).__dict__.get("seed") is None
    assert type("First", (Risk, Regression), rows).seed == 7  # type: ignore[attr-defined]  # the mixin's


def test_an_abstract_mixin_of_an_endpoint_is_no_endpoint() -> None:
    both = type("Both", (Risk, Shared), {"rows": Rows("loans.csv")})
    assert known(both)
    assert both.seed == 7  # type: ignore[attr-defined]  # the mixin's
    assert not known(type("Part", (Risk, Shared), {"abstract": True}))


def test_the_kinds_of_endpoint_are_none_themselves() -> None:
    assert not any(known(kind) for kind in (Endpoint, Classification, Regression))


def test_an_endpoint_without_rows_is_not_passed_over_because_it_has_subclasses() -> None:
    parent = type("Parent", (Classification,), {"outcome": Outcome("status")})
    type("Child", (parent,), {"rows": Rows("loans.csv")})
    (fault,) = faults(parent)
    assert known(parent)
    assert (fault.code, "abstract = True" in fault.hint) == ("E002", True)
