"""The Python client: predictions, outcomes, snapshots and promotions over HTTP."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode

import httpx

from flyball.domain import errors
from flyball.domain.errors import FlyballError, Problem, UnknownEndpoint

if TYPE_CHECKING:
    import pandas

Json = dict[str, Any]
OUTCOMES = 500
"""Outcomes in one request: a server takes no more at once."""


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """A snapshot that was fetched: its digest and its rows as a Parquet file's bytes."""

    digest: str
    content: bytes

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a data frame; needs pandas and pyarrow."""
        import pandas

        return pandas.read_parquet(io.BytesIO(self.content))


class Client:
    """A server at ``url`` (with the prefix that Flyball has there), asked with an API key.

    Answers are the server's JSON. What it refuses is raised as the ``FlyballError`` of the same code. May be
    shared by threads; close it, or use it in ``with``.

    >>> with Client("http://127.0.0.1:8000", key) as client:           # doctest: +SKIP
    ...     client.predict("income", input={"age": 39})["output"]
    """

    def __init__(self, url: str, key: str, *, timeout: float = 30.0) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url.rstrip("/") + "/", headers=headers, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def predict(
        self,
        endpoint: str,
        *,
        input: Mapping[str, Any] | None = None,  # noqa: A002 - the word of the API
        entity: Mapping[str, Any] | None = None,
        reference: str | None = None,
        rows: Sequence[Mapping[str, Any]] | None = None,
        version: int | None = None,
        reasons: int | None = None,
        counterfactuals: int | None = None,
        idempotency_key: str | None = None,
    ) -> Json:
        """One prediction; or, for ``rows``, ``{"predictions": […]}``.

        With ``reasons`` each has so many of the fields that moved it most; with ``counterfactuals`` besides
        so many of the smallest changes that would turn its decision.
        """
        sent = {"input": input, "entity": entity, "reference": reference, "rows": rows, "version": version}
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        path = f"v1/endpoints/{_part(endpoint)}/predictions"
        path += _asking(reasons=reasons, counterfactuals=counterfactuals)
        return self._json("POST", path, _given(sent), headers)

    def schema(self, endpoint: str) -> Json:
        """The fields that a prediction's ``input`` has, as JSON Schema, from the version that answers now.

        A key for the endpoint is enough, whatever its role. ``properties`` has a ``type`` of each field that
        the version takes, and its categories as ``enum`` or, where others are answered too, as ``examples``;
        ``required`` has those that must be there. Raises ``UnknownEndpoint``.
        """
        schemas = self._json("GET", "v1/openapi.json")["components"]["schemas"]
        if f"{endpoint}.row" not in schemas:
            raise UnknownEndpoint(f"No endpoint {endpoint!r} answers this key.")
        schema: Json = schemas[f"{endpoint}.row"]["properties"]["input"]
        return schema

    def entity_prediction(
        self, endpoint: str, key: Any, *, reasons: int | None = None, counterfactuals: int | None = None
    ) -> Json:
        """The prediction for an entity whose features are all looked up; with reasons as of ``predict``."""
        asking = _asking(reasons=reasons, counterfactuals=counterfactuals)
        return self._json("GET", f"v1/endpoints/{_part(endpoint)}/entities/{_part(key)}/prediction{asking}")

    def prediction(self, id: Any) -> Json:  # noqa: A002 - the word of the API
        """One stored prediction."""
        return self._json("GET", f"v1/predictions/{_part(id)}")

    def predictions(
        self,
        *,
        endpoint: str | None = None,
        reference: str | None = None,
        entity: Mapping[str, Any] | None = None,
        test: int | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> Json:
        """A page of stored predictions, newest first: of a reference, an entity, or an endpoint's A/B test.

        ``next`` is the ``before`` of the next page; ``None`` on the last one.
        """
        columns = [f"{name}:{value}" for name, value in (entity or {}).items()]
        asked = {"endpoint": endpoint, "reference": reference, "entity": columns or None, "test": test}
        query = urlencode(_given({**asked, "before": before, "limit": limit}), doseq=True)
        return self._json("GET", f"v1/predictions?{query}")

    def reasons(
        self,
        id: Any,  # noqa: A002 - the word of the API
        reasons: int | None = None,
        counterfactuals: int | None = None,
    ) -> Json:
        """The fields that moved one stored prediction most: so many, or all that did.

        With ``counterfactuals`` also so many of the smallest changes that would turn its decision.
        """
        asking = _asking(reasons=reasons, counterfactuals=counterfactuals)
        return self._json("GET", f"v1/predictions/{_part(id)}/reasons{asking}")

    def outcome(
        self,
        prediction: Any,
        value: Any,
        *,
        occurred_at: str | None = None,
        idempotency_key: str | None = None,
    ) -> Json:
        """Say what really happened after one prediction; the counts."""
        sent = {"value": value, **_given({"occurred_at": occurred_at})}
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        return self._json("POST", f"v1/predictions/{_part(prediction)}/outcome", sent, headers)

    def outcomes(
        self,
        endpoint: str,
        outcomes: Iterable[Mapping[str, Any]],
        *,
        idempotency_key: str | None = None,
    ) -> Json:
        """Say what really happened, in bulk; the counts.

        Any number is sent, in parts of ``OUTCOMES`` that are recorded whole or not at all. With a key (1 to
        240 characters) each part has one of its own, made of the key and the part's number: the same call
        again, after a failure or a crash, sends only what was not recorded, and gives the same counts.
        """
        counts: Json = {"bound": 0, "held": 0, "ambiguous": 0, "unmatched": 0}
        rest = iter(outcomes)
        for number in itertools.count():
            part = list(itertools.islice(rest, OUTCOMES))
            if number and not part:
                return counts
            headers = {} if idempotency_key is None else {"Idempotency-Key": f"{idempotency_key}-{number}"}
            path = f"v1/endpoints/{_part(endpoint)}/outcomes"
            answer = self._json("POST", path, {"outcomes": part}, headers)
            counts = {state: count + answer[state] for state, count in counts.items()}
        return counts

    def erase_person(
        self, endpoint: str, *, entity: Mapping[str, Any] | None = None, reference: str | None = None
    ) -> Json:
        """Erase all that is recorded of one person, named by entity or by reference; how many rows."""
        sent = _given({"entity": entity, "reference": reference})
        return self._json("POST", f"v1/endpoints/{_part(endpoint)}/erasures", sent)

    def snapshot(self, endpoint: str, digest: str = "latest") -> SnapshotFile:
        """Fetch a snapshot's rows, the newest snapshot's where none is named."""
        place = f"api/endpoints/{_part(endpoint)}/snapshots"
        exact = self._json("GET", f"{place}/{_part(digest)}")["digest"]
        return SnapshotFile(exact, self._response("GET", f"{place}/{exact}/rows.parquet").content)

    def versions(self, endpoint: str) -> list[Json]:
        """The endpoint's newest versions with their stage and score."""
        found: list[Json] = self._json("GET", f"api/endpoints/{_part(endpoint)}/versions")["versions"]
        return found

    def batch(self, endpoint: str, source: str, out: str, **options: Any) -> Json:
        """Ask for the answers to a whole file in a folder of the server's; the batch, with its number.

        ``options`` are ``version``, ``reference``, ``keep``, ``record``, ``max_rejects`` and ``chunk_rows``.
        """
        sent = _given({"source": source, "out": out, **options})
        return self._json("POST", f"api/endpoints/{_part(endpoint)}/batches", sent)

    def upload(self, endpoint: str, file: Path) -> Json:
        """Send a file for a batch, as a stream; the upload, with its number."""
        with file.open("rb") as content:
            place = f"api/endpoints/{_part(endpoint)}/uploads/{_part(file.name)}"
            sent: Json = _good(self._http.put(place, content=content)).json()
        return sent

    def upload_batch(
        self,
        endpoint: str,
        file: Path,
        *,
        format: str | None = None,  # noqa: A002 - the word of the API
        **options: Any,
    ) -> Json:
        """Send a file, and ask for the answers to it; the batch, with its number.

        ``format`` is that of the answers, such as ``csv.gz`` (the file's own, where it is left out);
        ``options`` are those of ``batch``.
        """
        sent = _given({"upload": self.upload(endpoint, file)["number"], "format": format, **options})
        return self._json("POST", f"api/endpoints/{_part(endpoint)}/batches", sent)

    def one_batch(self, endpoint: str, number: int) -> Json:
        """How far a batch is: its ``status``, and how many rows are answered and rejected."""
        return self._json("GET", f"api/endpoints/{_part(endpoint)}/batches/{number}")

    def fetch_answers(self, endpoint: str, number: int, target: Path) -> None:
        """Write a batch's answers to the file ``target``, whole or not at all."""
        self._fetch(f"api/endpoints/{_part(endpoint)}/batches/{number}/answers", target)

    def fetch_rejects(self, endpoint: str, number: int, target: Path) -> None:
        """Write the rows that are not answered, as CSV, to the file ``target``, whole or not at all."""
        self._fetch(f"api/endpoints/{_part(endpoint)}/batches/{number}/rejects", target)

    def diagnostics(self, endpoint: str, version: int, *, on: int | None = None) -> dict[str, list[Json]]:
        """The tables of a version's diagnostics by name, each row by column; none until they are made.

        ``on`` is another version, on whose held-out rows it was asked.
        """
        query = "" if on is None else f"?on={on}"
        path = f"api/endpoints/{_part(endpoint)}/versions/{version}/diagnostics{query}"
        tables = self._json("GET", path)["tables"] or {}
        return {
            name: [dict(zip(each["columns"], row, strict=True)) for row in each["rows"]]
            for name, each in tables.items()
        }

    def card(self, endpoint: str, version: int) -> Json:
        """The model card of a version: facts by part, and what people have ``written`` on it."""
        return self._json("GET", f"api/endpoints/{_part(endpoint)}/versions/{version}/card")

    def promote(self, endpoint: str, version: int, *, expected: int | None = None, yes: bool = False) -> Json:
        """Make a version the champion; the new route revision."""
        sent = _given({"version": version, "expected": expected, "yes": yes})
        return self._json("POST", f"api/endpoints/{_part(endpoint)}/promote", sent)

    def rollback(self, endpoint: str, *, expected: int | None = None) -> Json:
        """Go back to the champion before; the new route revision."""
        return self._json("POST", f"api/endpoints/{_part(endpoint)}/rollback", _given({"expected": expected}))

    def _json(
        self, method: str, path: str, body: Json | None = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        answer: Json = self._response(method, path, body, headers).json()
        return answer

    def _response(
        self, method: str, path: str, body: Json | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return _good(self._http.request(method, path, json=body, headers=headers))

    def _fetch(self, path: str, target: Path) -> None:
        draft = target.with_name(f"{target.name}.part")
        with self._http.stream("GET", path) as answer:
            if not answer.is_success:
                answer.read()
                raise _error(answer)
            try:
                with draft.open("wb") as file:
                    for part in answer.iter_bytes():
                        file.write(part)
                draft.replace(target)
            finally:
                draft.unlink(missing_ok=True)


def _good(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    raise _error(answer)


def _error(answer: httpx.Response) -> FlyballError:
    """The error that a problem document tells of."""
    try:
        document = answer.json()
        kind = errors.of_code(document["code"])
        problems = [Problem(one["pointer"], one["code"], one["detail"]) for one in document.get("errors", ())]
        return kind(document["detail"], problems=problems)
    except (ValueError, KeyError, TypeError):
        return FlyballError(f"The server answered {answer.status_code} without saying why.")


def _given(values: Json) -> Json:
    return {name: value for name, value in values.items() if value is not None}


def _asking(**numbers: int | None) -> str:
    given = [f"{name}={number:d}" for name, number in numbers.items() if number is not None]
    return f"?{'&'.join(given)}" if given else ""


def _part(value: Any) -> str:
    return quote(str(value), safe="")
