"""``flyball shadow``: versions that answer beside the champion, and nobody gets their answers."""

from __future__ import annotations

from typing import Any

import click

from flyball.cli.command import command
from flyball.cli.printing.output import Output

COLUMNS = ("shadow", "answering", "asked", "failed", "not_asked", "dropped", "waiting", "agreement")


@command
@click.argument("endpoint")
@click.option("--version", "added", type=int, help="Make this version a shadow.")
@click.option("--remove", "removed", type=int, help="Ask this version no more.")
@click.option("--threshold", type=float, help="Decide at this threshold, not at the champion's.")
@click.option("--expected", type=int, help="Refuse unless this route revision is in force.")
def shadow(
    output: Output,
    *,
    endpoint: str,
    added: int | None,
    removed: int | None,
    threshold: float | None,
    expected: int | None,
) -> None:
    """Say how the shadows of ENDPOINT agree with what answered; or make a version one, or take it out.

    A shadow is asked with the inputs of what was predicted, by a job of the workers; callers never wait for
    it and never get its answers. There may be any number of them.

    Examples:
      flyball shadow income
      flyball shadow income --version 9
      flyball shadow income --remove 9
    """
    if added is not None and removed is not None:
        raise click.UsageError("--version and --remove are not given together.")
    if removed is not None:
        _remove(output, endpoint, removed, expected)
    elif added is not None:
        _add(output, endpoint, added, threshold, expected)
    else:
        _show(output, endpoint)


def _add(output: Output, endpoint: str, version: int, threshold: float | None, expected: int | None) -> None:
    from flyball.control.shadows import services

    change = services.add_shadow(endpoint=endpoint, version=version, threshold=threshold, expected=expected)
    _tell(output, change.revision.number, f"{endpoint}@{version}", "is a shadow", is_one=True)


def _remove(output: Output, endpoint: str, version: int, expected: int | None) -> None:
    from flyball.control.shadows import services

    change = services.remove_shadow(endpoint=endpoint, version=version, expected=expected)
    _tell(output, change.revision.number, f"{endpoint}@{version}", "is a shadow no more", is_one=False)


def _tell(output: Output, revision: int, version: str, what: str, *, is_one: bool) -> None:
    output.result(
        {"version": version, "is_shadow": is_one, "revision": revision},
        f"{version} {what} (route revision {revision}).",
    )


def _show(output: Output, endpoint: str) -> None:
    from flyball.control.declarations import selectors as declarations
    from flyball.control.shadows import selectors

    every = selectors.documents(declarations.recorded(endpoint).name)
    if output.as_json:
        output.result(every)
        return
    output.table([_row(each) for each in every], COLUMNS, f"{endpoint} has no shadow.")
    for each in every:
        for line in _lines(each):
            output.note(line)


def _row(each: dict[str, Any]) -> dict[str, Any]:
    asked = sum(one["answered"] for one in each["beside"])
    same = sum(one["agreement"] * one["answered"] for one in each["beside"] if one["answered"])
    return {
        "shadow": f"{each['endpoint']}@{each['version']}",
        "answering": "yes" if each["is_answering"] else "no",
        "asked": each["asked"],
        **{name: sum(one["count"] for one in each[name]) for name in ("failed", "not_asked", "dropped")},
        "waiting": each["waiting"],
        "agreement": f"{100 * same / asked:.1f} %" if asked else None,
    }


def _lines(each: dict[str, Any]) -> list[str]:
    lines = [f"  {one['count']:,} failed: {one['code']}" for one in each["failed"]]
    lines += [f"  {one['count']:,} not asked: {one['reason']}" for one in each["not_asked"]]
    lines += [f"  {one['count']:,} dropped: {one['reason']}" for one in each["dropped"]]
    if each["fault"]:
        lines.append(f"  its last job failed: {each['fault']}")
    for one in each["beside"]:
        if spread := one["differences"]:
            lines.append(
                f"  beside version {one['version']}: values differ by {spread['mean_absolute']:.4g} in the"
                f" mean ({spread['mean']:+.4g} with their sign)"
            )
        lines += [f"  {text}" for text in (one["outcomes"] or {"sentences": []})["sentences"]]
    if each["unjudged"]:
        lines.append(f"  {each['unjudged']}")
    return [f"{each['endpoint']}@{each['version']}:", *lines] if lines else []
