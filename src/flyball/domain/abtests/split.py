"""Sample-ratio mismatch: whether units fall to arms as the declared weights say, tested at every look."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flyball.domain.abtests.gamma import lgamma
from flyball.domain.abtests.moments import Numbers

LEVEL = 0.001
"""The chance that a split that is as declared is ever called broken."""
CONCENTRATION = 3000.0
"""Units that the prior is worth: it finds shares that are off by one or two hundredths soonest."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """Units by arm in one stratum (the last axis are arms), and the arms' declared shares, which sum to 1.

    Units, never predictions: a user who comes often would count often, and heavy users would look like a
    broken split.
    """

    units: npt.ArrayLike
    shares: tuple[float, ...]


def mismatch(strata: Sequence[Assigned], concentration: float = CONCENTRATION) -> Numbers:
    """log of the evidence against the declared shares; they are refuted where it reaches log(1/level).

    Lindon and Malek 2022: a Dirichlet-multinomial mixture over shares beside the declared ones,
    Γ(K)/Γ(K+n) · Π Γ(Kθ + x)/Γ(Kθ) / Π θ^x, a martingale while units fall as declared. Weights that change
    open a stratum; the strata's evidence multiplies.
    """
    return np.asarray(sum((_of_one(stratum, concentration) for stratum in strata), np.float64(0.0)))


def _of_one(stratum: Assigned, concentration: float) -> Numbers:
    shares = np.array(stratum.shares)
    if (shares <= 0).any() or not math.isclose(float(shares.sum()), 1.0, abs_tol=1e-9):
        raise ValueError("The shares of a stratum's arms are above 0 and sum to 1.")
    prior = concentration * shares
    units = np.asarray(stratum.units, dtype=np.float64)
    arms = lgamma(units + prior) - lgamma(prior) - units * np.log(shares)
    whole = lgamma(np.asarray(concentration)) - lgamma(units.sum(-1) + concentration)
    return np.asarray(arms.sum(-1) + whole)


def likely_cause(strata: Mapping[str, Assigned]) -> str:
    """What most likely broke the split, as a sentence; arms are those of the test, the champion first."""
    alone = {name: float(mismatch([stratum])) for name, stratum in strata.items()}
    suspicious = [name for name, evidence in alone.items() if evidence > 0]
    if len(alone) > 1 and len(suspicious) == 1:
        return f"It is so with the weights of {suspicious[0]} alone: look at what changed with them."
    arrived = np.sum([np.asarray(each.units) for each in strata.values()], axis=0)
    wanted = np.sum([np.sum(each.units) * np.array(each.shares) for each in strata.values()], axis=0)
    if int(np.argmin(arrived / wanted)) == 0:
        return "The champion lacks units: look for callers that name a version, or that stopped asking."
    return "A challenger lacks units: look for its errors and time-outs, after which nothing is recorded."
