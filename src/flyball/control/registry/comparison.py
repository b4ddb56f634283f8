"""A new version beside the champion: both scored on the same held-out rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from flyball.control.declarations import discovery
from flyball.control.registry import selectors
from flyball.control.registry.models import Build, CandidateResult, Version
from flyball.domain.errors import FlyballError
from flyball.domain.routing import Manifest

if TYPE_CHECKING:
    from flyball.learning.comparison import Compared
    from flyball.learning.dataset import Dataset
    from flyball.learning.selection import Plan


def compared(*, result: CandidateResult, champion: Version) -> dict[str, Any]:
    """What a candidate and the champion score on the rows that the candidate's build held out.

    Names the rows by snapshot and count, and both versions' scores of the build's metric. ``champion_score``
    is ``None`` where the champion cannot be asked for these rows, and ``reason`` says why. ``may_know`` says
    that the champion may have learned from some of them: its score is then too good; ``selection`` that they
    are rows of one decision alone.
    """
    from flyball.learning.selection import Plan
    from flyball.learning.splitting import splits

    build = result.build
    snapshot = build.snapshot
    if snapshot is None:
        return {}  # a build that has succeeded has one
    declaration = discovery.find(build.endpoint_id)
    # As it was built: the declaration may say otherwise by now.
    weighing = msgspec.convert(result.manifest, Manifest).weighing
    dataset = selectors.dataset(snapshot, declaration.task, weighing.column)
    _, rows = splits.held_out(dataset, declaration.task, build.seed)
    plan = replace(Plan.of(declaration), metric=build.metric, seed=build.seed)
    found = _score(champion, dataset, plan)
    return {
        "metric": build.metric,
        "snapshot": snapshot.digest,
        "rows": len(rows),
        "score": result.held_out_score,
        "champion": champion.number,
        "champion_score": found.score,
        "may_know": may_know(champion, build, is_timed=declaration.rows.time is not None),
        "reason": found.reason,
        "selection": "" if declaration.outcome is None else declaration.outcome.selection,
    }


def may_know(champion: Version, build: Build, *, is_timed: bool) -> bool:
    """Whether rows that the build held out may be among those that the champion was fitted on."""
    facts = champion.facts.get("snapshot")
    if not facts or champion.candidate_id is None or build.snapshot is None:
        return True  # fitted elsewhere: nobody here knows on what
    if facts["digest"] == build.snapshot.digest:
        return bool(champion.facts.get("seed") != build.seed) and not is_timed
    # The latest rows are held out: an older snapshot does not have them.
    return not is_timed or facts["taken_at"] > build.snapshot.created_at.isoformat()


def comparison_text(version: Version) -> str:
    """A version's comparison as a sentence; empty where it has none."""
    facts = version.facts.get("comparison")
    if not facts:
        return ""
    champion = f"{version.endpoint_id}@{facts['champion']}"
    if facts["champion_score"] is None:
        return f"{champion} cannot be scored on the same rows. {facts['reason']}"
    said = (
        f"{facts['metric']} {_digits(facts['score'])} to {_digits(facts['champion_score'])} of {champion}, "
        f"on the same {facts['rows']} held-out rows of snapshot {facts['snapshot'][:12]}."
    )
    known = f"{champion} may have learned from some of them." if facts["may_know"] else ""
    return " ".join(text for text in (said, known, facts.get("selection", "")) if text)


def _digits(score: float | None) -> str:
    return "–" if score is None else f"{score:.4f}"


def _score(champion: Version, dataset: Dataset, plan: Plan) -> Compared:
    """The champion's score; or none, and why it has none: a build must not fail for it."""
    from flyball.learning.comparison import Compared, held_out_score

    try:
        return held_out_score(dataset, plan, selectors.manifest(champion), selectors.loaded(champion))
    except FlyballError as error:
        return Compared(None, str(error))
