"""Applying declarations with the A/B tests in them: each is started once, when everything else is in line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from flyball.control.abtests import selectors, services
from flyball.control.abtests.asking import Asked
from flyball.control.abtests.declared.checks import check
from flyball.control.abtests.wording.reading import read
from flyball.control.routing import applying
from flyball.control.routing import selectors as routing
from flyball.control.routing.applying import Change, Declarations
from flyball.domain.declaration import Endpoint
from flyball.domain.errors import (
    Conflict,
    DeclarationError,
    InvalidInput,
    NotFound,
    PolicyUnmet,
    Retired,
)
from flyball.domain.records import digest

LATER = (NotFound, Retired, PolicyUnmet, Conflict)
"""Errors that a declaration does not mend: the test waits for another time."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying changes, in order, and what it leaves as it is, in sentences."""

    changes: list[Change]
    remarks: list[str]


@dataclass(frozen=True, slots=True)
class _Start:
    endpoint: str
    asked: Asked

    @property
    def change(self) -> Change:
        versions = ", ".join(str(arm.version) for arm in self.asked.challengers)
        said = f"A/B test {self.asked.name} starts: version {versions} beside the champion"
        return Change(self.endpoint, said)

    def later(self, why: str) -> str:
        return f"{self.endpoint}: A/B test {self.asked.name} is not started yet: {why}"


def plan_changes(*, declarations: Declarations, forget: bool = False) -> Applied:
    """What ``apply`` would come to. Raises ``DeclarationError``, ``InvalidInput`` where it would refuse."""
    found = _found(declarations)
    changes = applying.plan_changes(declarations=declarations, forget=forget)
    return _applied(changes, found)


def apply(*, declarations: Declarations, user: Any = None, forget: bool = False) -> Applied:
    """Bring the database in line with the declarations, and start the tests that were never started.

    A test waits for another time, with a remark, where the endpoint has no champion, lacks a version or has
    another test. One that is declared no more runs on. Raises ``DeclarationError`` and ``InvalidInput``
    before anything is written, also where a test that runs is declared otherwise than it was started; and as
    routing's ``apply``.
    """
    found = _found(declarations)
    changes = applying.apply(declarations=declarations, user=user, forget=forget)
    return _applied(changes, [_started(each, user) if isinstance(each, _Start) else each for each in found])


def _applied(changes: list[Change], found: list[_Start | str]) -> Applied:
    starts = [each.change for each in found if isinstance(each, _Start)]
    return Applied([*changes, *starts], [each for each in found if isinstance(each, str)])


def _started(start: _Start, user: Any) -> _Start | str:
    """The test once it has started; else why it waits."""
    try:
        services.start(endpoint=start.endpoint, asked=start.asked, user=user)
    except LATER as error:
        return start.later(error.detail)
    return start


def _found(declarations: Declarations) -> list[_Start | str]:
    every = [declarations[name] for name in sorted(declarations)]
    if faults := [fault for one in every for fault in check(one)]:
        raise DeclarationError(
            "\n".join(f"{each.id}: {each.msg} {each.hint or ''}".strip() for each in faults)
        )
    return [each for one in every for each in (*_left(one), *_declared(one))]


def _left(declaration: type[Endpoint]) -> Iterator[str]:
    name = None if declaration.abtest is None else declaration.abtest.name
    running = selectors.tests(declaration.name).filter(ended_at=None, name__isnull=False).exclude(name=name)
    for test in running:
        yield (
            f"{declaration.name}: A/B test {test.name} is declared no more and runs on. "
            f"End it: flyball abtest stop {declaration.name}"
        )


def _declared(declaration: type[Endpoint]) -> Iterator[_Start | str]:
    test, name = declaration.abtest, declaration.name
    if test is None:
        return
    asked = replace(read(test.words), name=test.name, declared=digest(test.words))
    started = selectors.tests(name).filter(name=test.name).first()
    if started is None:
        yield _start(_Start(name, asked))
    elif started.ended_at is None and started.declared != asked.declared:
        raise DeclarationError(
            f"{name}: A/B test {test.name} runs, and is declared otherwise than it was started. Declare it "
            f"so again; or stop it (flyball abtest stop {name}) and give the new one another name."
        )


def _start(start: _Start) -> _Start | str:
    if routing.route(start.endpoint) is None:  # it may not have been applied either
        return start.later("promote a version first.")
    try:
        services.plan(endpoint=start.endpoint, asked=start.asked)
    except LATER as error:
        return start.later(error.detail)
    except InvalidInput as error:
        said = f"{start.endpoint}: A/B test {start.asked.name} does not fit."
        raise InvalidInput(said, problems=error.problems) from error
    return start
