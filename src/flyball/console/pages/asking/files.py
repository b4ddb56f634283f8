"""``/ask/{endpoint}/files``: a file is uploaded, its columns are told, it is answered, and taken along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext

from flyball import inprocess
from flyball.console.asking import columns, files
from flyball.console.asking.answered import answer_lines, reject_lines
from flyball.console.asking.columns import COMMA, POINT
from flyball.console.asking.filing import REFERENCE
from flyball.console.asking.form import Form
from flyball.console.asking.languages import here
from flyball.console.asking.problems import number
from flyball.console.asking.several import Reject, of_length, rejects_of
from flyball.console.frame.page import HEADERS, is_text, to
from flyball.console.frame.paging import is_number
from flyball.console.frame.written import written
from flyball.console.pages.asking.page import AskPage, Subject
from flyball.control.asking import selectors, services
from flyball.control.asking.models import Upload
from flyball.control.jobs import services as jobs
from flyball.control.jobs.selectors import UNDER_WAY
from flyball.domain.errors import InvalidInput, Problem
from flyball.serving.calls import Call, Row

SHOWN = 50
"""Files of the list, the newest."""


class Files(AskPage):
    """``GET`` lists the reader's own files; ``POST`` begins one, whole or as a script sends it in parts."""

    template = "asking/files.html"

    def get(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """The files, and the form for another one."""
        subject = self.subject(endpoint)
        uploads = selectors.own(endpoint, request.user)[:SHOWN]
        context = {
            "title": subject.title,
            "name": endpoint,
            "uploads": [{"upload": each, "counts": selectors.counts(each)} for each in uploads],
            "most_rows": number(files.MOST_ROWS),
            "most_bytes": f"{services.MOST_BYTES >> 20} MiB",
        }
        return self.show(context)

    def post(self, request: HttpRequest, endpoint: str) -> HttpResponse:
        """A new file; a script is told where its bytes go. Raises as ``begin_upload``."""
        subject, sent = self.subject(endpoint), request.FILES.get("file")
        name, size = (sent.name, sent.size) if sent else (request.POST.get("name"), _size(request))
        upload = services.begin_upload(
            endpoint=subject.endpoint, user=request.user, name=str(name), size=size or 0, language=here()
        )
        place = reverse("flyball-ask-file", args=[endpoint, upload.pk])
        if sent is None:
            return JsonResponse({"address": place, "part": services.MOST_PART // 2}, headers=HEADERS)
        content = sent.read()
        for start in range(0, len(content), services.MOST_PART):
            part = content[start : start + services.MOST_PART]
            services.add_part(upload=upload, place=start, content=part)
        return HttpResponseRedirect(place)


class FilePart(AskPage):
    """``POST /ask/{endpoint}/files/{number}/parts?place=…``: some bytes of a file."""

    roles = {"POST": "caller"}

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Keep them. Raises as ``add_part``."""
        name = self.endpoint(endpoint).name
        upload = selectors.upload(name, request.user, number)
        place = request.GET.get("place", "")
        if not is_number(place):
            problem = Problem("?place", "wrong_type", "Expected where the bytes begin.")
            raise InvalidInput("The part does not fit.", problems=[problem])
        arrived = services.add_part(upload=upload, place=int(place), content=request.body).arrived
        return JsonResponse({"arrived": arrived}, headers=HEADERS)


class OneFile(AskPage):
    """``GET`` shows a file: its columns and first rows; once it is started, how far it is. ``POST`` acts."""

    template = "asking/file.html"

    def get(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """The file as it stands."""
        subject = self.subject(endpoint)
        return self._page(subject, selectors.upload(endpoint, request.user, number))

    def post(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """Say which column is which and look again, or start; cancel; forget."""
        subject = self.subject(endpoint)
        upload = selectors.upload(endpoint, request.user, number)
        act = request.POST.get("act", "look")
        if act == "forget":
            services.forget(upload=upload)
            return to("flyball-ask-files", endpoint=endpoint)
        if act == "cancel" and upload.job is not None:
            jobs.cancel(job=upload.job)
        elif upload.job is None:
            services.check_whole(upload)
            is_sound = self._describe(subject, upload)
            if act == "start" and is_sound:
                services.start(upload=upload)
        return to("flyball-ask-file", endpoint=endpoint, number=number)

    def _describe(self, subject: Subject, upload: Upload) -> bool:
        """Keep what was said of the columns; whether the file can be started so."""
        sent, form = self.request.POST, subject.form
        encoding = sent.get("encoding", "utf-8")
        encoding = encoding if encoding in files.ENCODINGS else "utf-8"
        found = _head(upload, encoding)
        known = {each.name for each in form.entries} | {REFERENCE}
        places = [sent.get(f"column.{place}", "") for place in range(len(found.names))]
        places = [place if place in known else "" for place in places]
        decimal = sent.get("decimal", "")
        services.describe(
            upload=upload,
            names=[columns.simple(name) for name in found.names],
            places=places,
            decimal=decimal if decimal in {POINT, COMMA} else "",
            encoding=encoding,
        )
        upload.refresh_from_db()
        look = _look(subject, upload, found)
        return not (
            found.fault or look["lacking"] or look["twice"] or (look["commas"] and not upload.decimal)
        )

    def _page(self, subject: Subject, upload: Upload) -> HttpResponse:
        job = upload.job
        context: dict[str, Any] = {
            "title": subject.title,
            "name": subject.endpoint.name,
            "upload": upload,
            "job": job,
            "counts": selectors.counts(upload),
            "is_over": job is not None and job.status not in UNDER_WAY,
            "has_arrived": upload.arrived == upload.size,
            "part": "asking/progress.html" if job is not None else None,
        }
        if job is None and upload.arrived == upload.size:
            found = _head(upload, upload.encoding)
            context |= {"head": found, "encodings": files.ENCODINGS, **_look(subject, upload, found)}
        return self.show(context)


class FileAnswers(AskPage):
    """``GET /ask/{endpoint}/files/{number}/answers.csv`` and ``rejects.csv``."""

    roles = {"GET": "caller"}

    def get(self, request: HttpRequest, endpoint: str, number: int) -> HttpResponse:
        """The answers as they are recorded now; or the rows that have none, and why."""
        subject = self.subject(endpoint)
        upload = selectors.upload(endpoint, request.user, number)
        if request.path.endswith("rejects.csv"):
            return written(request, f"{endpoint}-{number}-rejects.csv", reject_lines(upload))
        lines = answer_lines(subject.form, upload)
        return written(request, f"{endpoint}-{number}-answers.csv", lines)


def _size(request: HttpRequest) -> int:
    sent = request.POST.get("size", "")
    return int(sent) if is_number(sent) else 0


def _head(upload: Upload, encoding: str) -> files.Head:
    return files.head(selectors.head(upload), encoding, is_whole=upload.size <= files.HEAD)


def _look(subject: Subject, upload: Upload, found: files.Head) -> dict[str, Any]:
    """Which column is which, and what is wrong with the first rows."""
    form = subject.form
    places = upload.places or _places(form, found.names, upload)
    taken = [place for place in places if place]
    rows = [_sample(form, places, cells, number, upload) for number, cells in enumerate(found.rows, start=1)]
    return {
        "columns": [
            {"number": number, "name": name, "place": place, "example": _example(found, number)}
            for number, (name, place) in enumerate(zip(found.names, places, strict=False))
        ],
        "entries": form.entries,
        "lacking": columns.lacking(form, places),
        "twice": sorted({place for place in taken if taken.count(place) > 1}),
        "commas": columns.commas(form, places, found.rows),
        "looked": len(found.rows),
        "rejects": _rejects(subject, rows) if found.rows and not columns.lacking(form, places) else [],
    }


def _places(form: Form, names: Sequence[str], upload: Upload) -> list[str]:
    """By the names, and where they are no field's, as it was the last time."""
    found = columns.matched(form, names)
    known = selectors.known_columns(upload.endpoint_id, upload.uploaded_by)
    valid = {each.name for each in form.entries} | {REFERENCE}
    places = []
    for name, place in zip(names, found, strict=True):
        before = known.get(columns.simple(name))
        places.append(before if before in valid or before == "" else place)
    return places


def _sample(
    form: Form, places: Sequence[str], cells: Sequence[str], number: int, upload: Upload
) -> Reject | dict[str, Any]:
    if len(cells) != len(places):
        return of_length(number, len(cells), len(places))
    texts = columns.texts(form, places, cells, upload.decimal or POINT)
    entity, values = form.filled(texts).values()
    return {"entity": entity, "input": values, "pointer": f"/rows/{number - 1}"}


def _rejects(subject: Subject, rows: Sequence[Reject | dict[str, Any]]) -> list[Reject]:
    """What is wrong with the first rows. Nothing of it is recorded."""
    wrong = [each for each in rows if isinstance(each, Reject)]
    asked = tuple(Row(**each) for each in rows if not isinstance(each, Reject))
    if asked:
        call = Call(endpoint=subject.endpoint.name, rows=asked)
        wrong += rejects_of(subject.form, inprocess.problems(subject.principal, call))
    return sorted(wrong, key=lambda each: each.row)


def _example(found: files.Head, place: int) -> str:
    """The first value of a column, as far as it can be shown."""
    values = (cells[place].strip() for cells in found.rows if place < len(cells))
    return next((value[:60] for value in values if value and is_text(value)), gettext("empty"))
