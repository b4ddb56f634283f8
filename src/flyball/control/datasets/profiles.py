"""What a snapshot's stored profile says of each field, and how two snapshots differ; no row is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from flyball.control.datasets.models import Snapshot
from flyball.domain.schema import Kind
from flyball.domain.values import finite, label_text

BINS = 16
"""Parts of a distribution of numbers."""
FREQUENT = 12
"""Categories of a distribution: the others are one part more."""
ENDS = (0.01, 0.99)
"""Between which quantiles a distribution is drawn: one far value would squeeze all others into one part."""
OUTCOME = "outcome"
"""Where a column comes from that is no feature."""

Category = tuple[str, str]
"""A value's type and its text: 1, true and their texts are different categories."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One column of a snapshot, as far as its release has described it: ``None`` is not known.

    ``quantiles`` are pairs of share and number in order, of text those of its length; ``counts`` how often
    each category is there, the most frequent 100 first; ``known`` every category of the schema.
    """

    name: str
    kind: str
    source: str
    count: int | None = None
    missing: int | None = None
    mean: float | None = None
    deviation: float | None = None
    quantiles: tuple[tuple[float, float], ...] = ()
    counts: Mapping[Category, int] = field(default_factory=dict)
    known: tuple[Category, ...] = ()
    distinct: int | None = None
    first: str | None = None
    last: str | None = None

    @property
    def missing_share(self) -> float | None:
        """From 0 to 1."""
        if self.count is None or self.missing is None or not self.count + self.missing:
            return None
        return self.missing / (self.count + self.missing)

    @property
    def low(self) -> float | None:
        """The least number, or length of a text."""
        return self.quantiles[0][1] if self.quantiles else None

    @property
    def high(self) -> float | None:
        """The greatest."""
        return self.quantiles[-1][1] if self.quantiles else None

    @property
    def others(self) -> int:
        """Values of categories that were not counted by themselves."""
        return max(0, (self.count or 0) - sum(self.counts.values()))

    @cached_property
    def frequent(self) -> list[tuple[str, int, float]]:
        """The most frequent categories: text, count, and share of the values that are there."""
        whole = max(self.count or 0, sum(self.counts.values()), 1)
        return [(text, count, count / whole) for (_, text), count in list(self.counts.items())[:FREQUENT]]

    @property
    def distribution(self) -> list[float]:
        """Its own distribution, as ``distributions`` gives it."""
        return distributions(self)[0]


@dataclass(frozen=True, slots=True)
class Difference:
    """One column in two snapshots; ``None`` where a snapshot does not have it."""

    before: Profile | None
    after: Profile | None

    @property
    def shown(self) -> Profile:
        """The one that there is, the later where there are both."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 - a difference is made of a column
        return found

    @property
    def change(self) -> str:
        """``added``, ``removed``, the ``kind`` or the ``source`` has changed; empty where it is the same."""
        if self.before is None or self.after is None:
            return "added" if self.before is None else "removed"
        if self.before.kind != self.after.kind:
            return "kind"
        return "source" if self.before.source != self.after.source else ""

    @property
    def new(self) -> list[str]:
        """Categories that only the later has."""
        return self._only(self.after, self.before)

    @property
    def gone(self) -> list[str]:
        """Categories that only the earlier has."""
        return self._only(self.before, self.after)

    @property
    def distributions(self) -> list[list[float]]:
        """Both over the same parts, the earlier first; empty where they cannot be compared."""
        if self.before is None or self.after is None or self.before.kind != self.after.kind:
            return []
        return distributions(self.before, self.after)

    @property
    def moved(self) -> float | None:
        """The share of values that lie in another part: 0 where both are alike, 1 where nothing is.

        Half the sum of the differences of all parts (the total variation distance).
        """
        both = self.distributions
        if not both or not all(map(any, both)):
            return None
        apart: float = sum(abs(one - other) for one, other in zip(*both, strict=True))
        return apart / 2

    def _only(self, one: Profile | None, other: Profile | None) -> list[str]:
        if one is None or other is None or not (one.known and other.known):
            return []
        return [text for kind, text in one.known if (kind, text) not in set(other.known)]


def profiles(snapshot: Snapshot) -> dict[str, Profile]:
    """Every column by name: the features in the schema's order, then the outcome."""
    return described(snapshot.schema, snapshot.profile)


def described(schema: object, profile: object) -> dict[str, Profile]:
    """The same of a schema and a profile as they are stored, which a version carries too."""
    stated = schema.get("fields") if isinstance(schema, dict) else None
    fields = {str(each["name"]): each for each in _list(stated) if isinstance(each, dict) and "name" in each}
    stored = profile if isinstance(profile, dict) else {}
    names = [*fields, *(name for name in stored if name not in fields)]
    return {name: _profile(name, fields.get(name), stored.get(name)) for name in names}


def differences(before: Snapshot, after: Snapshot) -> list[Difference]:
    """Every column of either: those that are not in both first, then the more has moved, the earlier."""
    earlier, later = profiles(before), profiles(after)
    names = [*later, *(name for name in earlier if name not in later)]
    every = [Difference(earlier.get(name), later.get(name)) for name in names]
    moved = [(each, each.moved) for each in every]
    ordered = sorted(moved, key=lambda pair: (not pair[0].change, -(pair[1] or 0.0)))
    return [each for each, _ in ordered]


def distributions(*every: Profile) -> list[list[float]]:
    """The shares of each over the same parts, which add up to 1; all 0 where nothing is known.

    Of numbers and lengths, ``BINS`` of equal width, straight between the stored quantiles; what
    lies beyond ``ENDS`` is in the outermost. Of categories the ``FREQUENT`` first of all, and the rest.
    """
    if any(each.counts for each in every):
        return _of_categories(every)
    if not any(each.quantiles for each in every):
        return [[] for _ in every]
    low, high = ends(*every)
    edges = [low + (high - low) * place / BINS for place in range(1, BINS)] if high > low else []
    return [_shares(each.quantiles, edges) for each in every]


def ends(*every: Profile) -> tuple[float, float]:
    """From where to where numbers, or lengths, are drawn. One of the profiles has quantiles."""
    found = [_at(each.quantiles, share) for each in every if each.quantiles for share in ENDS]
    return min(found), max(found)


def chosen(*every: Profile) -> list[Category]:
    """The categories that are drawn by themselves, in their order."""
    totals: dict[Category, float] = {}
    for each in every:
        whole = max(each.count or 0, sum(each.counts.values()), 1)
        for value, count in each.counts.items():
            totals[value] = totals.get(value, 0.0) + count / whole
    return sorted(totals, key=lambda value: (-totals[value], value))[:FREQUENT]


def _of_categories(every: Sequence[Profile]) -> list[list[float]]:
    drawn = chosen(*every)
    found = []
    for each in every:
        whole = max(each.count or 0, sum(each.counts.values()), 1)
        shares = [each.counts.get(value, 0) / whole for value in drawn]
        rest = 1 - sum(shares) if any(shares) or each.count else 0.0
        found.append([*shares, max(0.0, rest)])
    return found if any(shares[-1] > 0 for shares in found) else [shares[:-1] for shares in found]


def _shares(quantiles: Sequence[tuple[float, float]], edges: Sequence[float]) -> list[float]:
    if not quantiles:
        return [0.0] * (len(edges) + 1)
    below = [0.0, *(share_below(quantiles, edge) for edge in edges), 1.0]
    return [max(0.0, right - left) for left, right in pairwise(below)]


def share_below(quantiles: Sequence[tuple[float, float]], edge: float) -> float:
    """The share of values up to an edge."""
    reached = 0.0
    for (share, value), (following, higher) in pairwise(quantiles):
        if value > edge:
            break
        # Halved first: the difference of two numbers may be more than a float can hold.
        width = higher / 2 - value / 2
        part = (edge / 2 - value / 2) / width if width > 0 else 1.0
        reached = share + (following - share) * min(1.0, part)
    return reached


def _at(quantiles: Sequence[tuple[float, float]], share: float) -> float:
    """The number of the quantile that lies next to a share."""
    return min(quantiles, key=lambda pair: abs(pair[0] - share))[1]


def _profile(name: str, stated: Mapping[str, Any] | None, stored: object) -> Profile:
    shown: Mapping[str, Any] = stored if isinstance(stored, dict) else {}
    known = () if stated is None else tuple(dict.fromkeys(map(category_of, _list(stated.get("categories")))))
    kind = str((stated or shown).get("kind") or "unknown")
    numbers = shown.get("length") if kind == Kind.TEXT else shown.get("quantiles")
    counts = [pair for pair in _list(shown.get("categories")) if isinstance(pair, list) and len(pair) == 2]
    counted = {category_of(value): int(count) for value, count in counts if finite(count) is not None}
    return Profile(
        name=name,
        kind=kind,
        source=OUTCOME if stated is None else str(stated.get("source") or "request"),
        count=_whole(shown.get("count")),
        missing=_whole(shown.get("missing")),
        mean=finite(shown.get("mean")),
        deviation=finite(shown.get("deviation")),
        quantiles=_quantiles(numbers),
        counts=counted,
        known=known or tuple(counted),
        distinct=_whole(shown.get("distinct")),
        first=_text(shown.get("first")),
        last=_text(shown.get("last")),
    )


def _quantiles(numbers: object) -> tuple[tuple[float, float], ...]:
    every = numbers.items() if isinstance(numbers, dict) else ()
    pairs = [(_share(share), finite(value)) for share, value in every]
    known = sorted((share, value) for share, value in pairs if share is not None and value is not None)
    # In order also where a release has rounded them apart.
    return tuple(zip((share for share, _ in known), sorted(value for _, value in known), strict=True))


def _share(text: str) -> float | None:
    try:
        share = float(text)
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None


def _whole(value: object) -> int | None:
    number = finite(value)
    return None if number is None or number < 0 else int(number)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def category_of(value: Any) -> Category:
    """What a value is counted as."""
    return type(value).__name__, label_text(value)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
