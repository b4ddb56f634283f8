"""All charts of a diagnosis as they are drawn once for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flyball.console.charts.diagnostics.laid import Laid
from flyball.console.charts.diagnostics.page import PARTS, figures
from flyball.console.frame.look import for_paper


def charts(*, found: Mapping[str, Mapping[str, Any]], task: str, about: str) -> dict[str, dict[str, Any]]:
    """Documents by name, of what was ``found`` of each version (``@3``), the first one's own."""
    every = [figure for part in PARTS for figure in figures(Laid(found), task, part)]
    return {each.name: for_paper(each.document, each.title, about) for each in every if each.spec}
