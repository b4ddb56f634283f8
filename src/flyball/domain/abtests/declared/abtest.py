"""The word of the declaration that asks for an A/B test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flyball.domain.forgiving import Wrong, forgiving


@forgiving
class ABTest:
    """An A/B test that ``flyball apply`` starts, once: a ``name`` that was started is not started again.

    ``challengers`` are versions, ``7``, or versions with a threshold of their own, ``"7@0.4"``. Shares are
    ``"20%"`` or 0.2, times ``"7d"``, guardrails ``"latency_p99"`` or, with how much worse they may be,
    ``"latency_p99:0.01"``. ``steps`` make a canary of one version, ``every`` a bandit. What is left out is as
    for ``flyball abtest start``.
    """

    wrong: tuple[Wrong, ...]

    def __init__(
        self,
        name: str,
        *,
        challengers: Sequence[int | str],
        share: str | float | None = None,
        unit: str | None = None,
        metric: str | None = None,
        better: str | None = None,
        secondary: Sequence[str] | None = None,
        guardrails: Sequence[str] | None = None,
        margin: float | None = None,
        one_sided: bool | None = None,
        effect: float | None = None,
        level: str | float | None = None,
        at_least: str | None = None,
        at_most: str | None = None,
        within: str | None = None,
        stops: Sequence[str] | None = None,
        action: str | None = None,
        layer: str | None = None,
        layer_share: str | float | None = None,
        steps: Sequence[str | float] | None = None,
        each: str | None = None,
        every: str | None = None,
        floor: str | float | None = None,
        budget: float | None = None,
    ) -> None:
        given = locals()
        self.name = name
        self.words: dict[str, Any] = {
            word: value for word, value in given.items() if word not in {"self", "name"} and value is not None
        }
