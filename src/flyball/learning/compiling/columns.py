"""Columns on their way through a fitted pipeline: what each is made of so far."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np

from flyball.domain.schema import Kind
from flyball.inference.compiled.columns import Key, Operation, Step
from flyball.inference.compiled.encoder import OPERATIONS
from flyball.learning.compiling.reasons import NotCompiled


class Columns(Protocol):
    """One column; each change is a new one."""

    @property
    def field(self) -> str:
        """The field that it is made of."""

    def changed(self, operation: Operation, number: float) -> Any:
        """The column after one operation with one number."""

    def filled(self, number: float) -> Any:
        """The column with its missing numbers filled."""

    def flagged(self) -> Any:
        """A column that is 1 where this one's number is missing, else 0."""


@dataclass(frozen=True)
class Raw:
    """A field that is no number: a category, a text, a timestamp. ``instead`` stands for missing values."""

    field: str
    kind: Kind
    instead: str | None = None

    def changed(self, operation: Operation, number: float) -> Self:
        """Raises ``NotCompiled``: a text has no number."""
        raise self._refusal()

    def filled(self, number: float) -> Self:
        """Raises ``NotCompiled``."""
        raise self._refusal()

    def flagged(self) -> Self:
        """Raises ``NotCompiled``."""
        raise self._refusal()

    def _refusal(self) -> NotCompiled:
        return NotCompiled(f"The field {self.field!r} is a {self.kind.value} where a number is taken.")


@dataclass(frozen=True)
class Number:
    """A number of a row; ``part`` of a timestamp, or the weight of one of ``words``, where there are some.

    ``missing`` is what it has become where the row has none, ``present``, where not ``None``, what it is
    wherever the row has one, and ``steps`` how it comes of it else.
    """

    field: str
    part: int | None = None
    words: Any = None
    missing: float = math.nan
    present: float | None = None
    steps: tuple[Step, ...] = ()

    def changed(self, operation: Operation, number: float) -> Number:
        """The column after one operation with one number."""
        if not math.isfinite(number):
            raise NotCompiled(f"The field {self.field!r} is scaled by a number that is not finite.")
        missing = _of(OPERATIONS[operation][1], self.missing, number)
        if self.present is not None:
            present = _of(OPERATIONS[operation][1], self.present, number)
            return replace(self, missing=missing, present=present)
        return replace(self, missing=missing, steps=(*self.steps, Step(operation, float(number))))

    def filled(self, number: float) -> Number:
        """The column with its missing numbers filled."""
        return replace(self, missing=float(number) if math.isnan(self.missing) else self.missing)

    def flagged(self) -> Number:
        """1 where the number is missing still, else 0."""
        return replace(self, missing=float(math.isnan(self.missing)), present=0.0, steps=())


@dataclass(frozen=True, eq=False)
class Looked:
    """A number looked up by a field's value: one of ``values`` for each of ``keys``, the last for others."""

    field: str
    keys: tuple[Key, ...]
    values: np.ndarray
    numbers: bool
    refuses: bool

    def changed(self, operation: Operation, number: float) -> Looked:
        """The column after one operation with one number."""
        with np.errstate(all="ignore"):
            return replace(self, values=OPERATIONS[operation][1](self.values, number))

    def filled(self, number: float) -> Looked:
        """The column with its missing numbers filled."""
        return replace(self, values=np.where(np.isnan(self.values), number, self.values))

    def flagged(self) -> Looked:
        """1 where the number is missing, else 0."""
        return replace(self, values=np.isnan(self.values).astype(np.float64))


def _of(operation: Callable[..., np.ndarray], number: float, operand: float) -> float:
    with np.errstate(all="ignore"):
        return float(operation(np.float64(number), operand))
