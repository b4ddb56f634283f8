"""The job that answers a file, some hundred rows at a time: an attempt goes on where the last one ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from flyball.console.asking import columns, files, several
from flyball.console.asking.form import Form, form_of
from flyball.console.asking.several import Answers
from flyball.control.asking import selectors, services
from flyball.control.asking.models import Upload
from flyball.control.jobs import running
from flyball.control.jobs.models import Job
from flyball.control.jobs.running import Run
from flyball.control.routing import selectors as routing
from flyball.domain.access import Principal
from flyball.domain.errors import DataError, NotReady

ROWS = 500
"""That are asked and committed together."""
REFERENCE = "reference"
"""The place of a column that holds the caller's own ids."""


def answer(run: Run, *, upload: int) -> dict[str, Any]:
    """The job: ask every row of a file, and keep what became of each.

    Raises ``DataError`` for a file that cannot be read, ``NotReady`` without a champion, and what asking
    raises that is of no row.
    """
    run.keep(upload=upload, answered=run.result.get("answered", 0), rejected=run.result.get("rejected", 0))
    found = Upload.objects.select_related("endpoint__team").get(pk=upload, job=run.id)
    with translation.override(found.language):
        _answer(run, found)
    result = {name: run.result[name] for name in ("answered", "rejected")}
    with transaction.atomic():  # the fence: who has lost the job deletes nothing
        running.succeed(run, result)
        services.follow(run.result, Job.Status.SUCCEEDED)
    return result


def _answer(run: Run, upload: Upload) -> None:
    route = routing.route(upload.endpoint_id)
    if route is None:
        raise NotReady
    form = form_of(route, routing.manifests(route))
    principal = Principal(team=upload.endpoint.team.slug, role="caller")
    content = selectors.content(upload)
    if len(content) != upload.size:
        raise DataError("The file was deleted when its job had ended: upload it again.")
    total = files.count(content, upload.encoding)
    done = upload.answers.count()
    numbered = enumerate(files.rows(content, upload.encoding), start=1)
    for number, chunk in enumerate(_chunks(islice(numbered, done * ROWS, None)), start=done):
        answers = _ask(upload, form, principal, number, chunk)
        with transaction.atomic():
            _keep(run, upload, number, answers)
        run.report(progress=chunk[-1][0] / total, message=gettext("%(row)s rows") % {"row": chunk[-1][0]})


def _chunks(rows: Iterator[tuple[int, Sequence[str]]]) -> Iterator[list[tuple[int, Sequence[str]]]]:
    while chunk := list(islice(rows, ROWS)):
        yield chunk


def _ask(
    upload: Upload, form: Form, principal: Principal, number: int, chunk: list[tuple[int, Sequence[str]]]
) -> Answers:
    """One chunk; asked again after a kill, it gives the predictions that are there already."""
    rows: dict[int, Mapping[str, str]] = {}
    references, wrong = {}, []
    for row, cells in chunk:
        if len(cells) != len(upload.places):
            wrong.append(several.of_length(row, len(cells), len(upload.places)))
            continue
        texts = columns.texts(form, upload.places, cells, upload.decimal or columns.POINT)
        rows[row] = {name: text for name, text in texts.items() if name != REFERENCE}
        if texts.get(REFERENCE):
            references[row] = texts[REFERENCE]
    found = several.ask(principal, upload.endpoint_id, form, rows, f"file {upload.pk} {number}", references)
    found.rejects[:] = sorted([*wrong, *found.rejects], key=lambda each: each.row)
    return found


def _keep(run: Run, upload: Upload, number: int, answers: Answers) -> None:
    services.keep(
        upload=upload,
        number=number,
        answered=[(row, str(each.id)) for row, each in sorted(answers.predictions.items())],
        rejected=[(each.row, each.field, each.reason) for each in answers.rejects],
    )
    rejected = len({each.row for each in answers.rejects})
    run.keep(
        answered=run.result["answered"] + len(answers.predictions), rejected=run.result["rejected"] + rejected
    )
    run.got_on()
