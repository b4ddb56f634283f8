"""The stylesheet is read to its end: of a rule that is not closed browsers say nothing, and drop the rest."""

from __future__ import annotations

import re
from importlib.resources import files

STYLES = files("flyball.console").joinpath("static/console.css").read_text()
PARTS = re.compile(r'/\*.*?\*/|"[^"\n]*"|[{}]|[^{}/"]+|.', re.DOTALL)
GROUPS = ("@media", "@supports", "@container", "@layer")
"""What holds rules; every other rule holds declarations alone, and none stands in it."""


def fault(styles: str) -> str:
    """Where a rule is not closed, or closed twice; empty where there is none."""
    held: list[str] = []
    before = ""
    for part in PARTS.findall(styles):
        if part == "{":
            head = before.rpartition(";")[2].strip()
            if held and not held[-1].startswith(GROUPS):
                return f"{held[-1]} is not closed before {head}"
            held.append(head)
        elif part == "}":
            if not held:
                return f"closed twice: {before[-80:]}"
            held.pop()
        before = "" if part in ("{", "}") else before + part * (not part.startswith("/*"))
    return f"{held[-1]} is not closed" if held else ""


def test_every_rule_is_closed_where_it_ends() -> None:
    assert fault(STYLES) == ""


def test_no_brace_can_go_missing_unseen() -> None:
    braces = [found.start() for found in re.finditer("[{}]", STYLES)]
    assert [place for place in braces if not fault(STYLES[:place] + STYLES[place + 1 :])] == []


def test_every_token_that_is_used_is_named() -> None:
    used, named = (set(re.findall(each, STYLES)) for each in (r"var\((--[\w-]+)", r"(--[\w-]+):"))
    assert used - named == set()
