"""Outcomes checked against what the endpoint predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from flyball.domain.access import Principal
from flyball.domain.errors import Erased, InvalidInput, NotFound, Problem, UnknownPrediction
from flyball.domain.records import Outcome, Prediction, check_outcome, digest, now
from flyball.domain.values import Scalar, end_of
from flyball.serving.calls import SentOutcome
from flyball.serving.pool import Served, Table
from flyball.serving.preparing import features
from flyball.stores.outcomes import MOST, Key


def checked(
    table: Table, principal: Principal, sent: Sequence[SentOutcome], found: Mapping[UUID, Prediction]
) -> list[Outcome]:
    """Outcomes as they are stored. Raises ``InvalidInput`` with every problem of all of them.

    ``found`` are the predictions of those that name no endpoint.
    """
    problems: list[Problem] = []
    every = []
    for each in sent:
        served = table.served(principal, each.endpoint or _endpoint_of(table, principal, each, found))
        problems += _form(each)
        entity = _entity(served, each, problems)
        try:
            value = _value(served, each)
        except InvalidInput as error:
            problems += error.problems
            continue
        every.append(
            Outcome(
                endpoint=served.route.endpoint,
                value=value,
                prediction=each.prediction,
                reference=each.reference,
                entity=entity,
                occurred_at=_moment(each.occurred_at),
                source=each.source,
                repeated=served.route.repeated,
            )
        )
    if problems:
        raise InvalidInput("The outcomes do not fit the endpoint.", problems=problems)
    return every


def check_mine(
    table: Table, principal: Principal, sent: Sequence[SentOutcome], found: Mapping[UUID, Prediction]
) -> None:
    """Raises ``UnknownEndpoint``, ``UnknownPrediction`` for outcomes of what is not the principal's.

    ``found`` are the predictions of those that name no endpoint.
    """
    for each in sent:
        if each.endpoint is not None:
            table.check_known(principal, each.endpoint)
        else:
            _prediction_of(table, principal, each, found)


def check_size(sent: Sequence[object]) -> None:
    """Raises ``InvalidInput`` for more outcomes than one commit may hold."""
    if len(sent) > MOST:
        message = f"Expected at most {MOST} outcomes in one request; send more in parts."
        raise InvalidInput("Too many outcomes.", problems=[Problem("/outcomes", "too_many", message)])


def retry_of(principal: Principal, sent: Sequence[SentOutcome], idempotency_key: str | None) -> Key | None:
    """The key that outcomes are stored under, and the digest of what was sent; ``None`` without a key."""
    if idempotency_key is None:
        return None
    endpoints = sorted({each.endpoint or "" for each in sent})
    request = [
        [
            each.value,
            each.prediction and str(each.prediction),
            each.reference,
            each.entity,
            each.occurred_at and each.occurred_at.isoformat(),
        ]
        for each in sent
    ]
    return Key(
        digest=digest([principal.team, "outcomes", endpoints, idempotency_key]),
        # Under the key, which is stored nowhere: without it nobody can guess what was sent.
        request=digest(request, secret=idempotency_key),
    )


def _endpoint_of(
    table: Table, principal: Principal, sent: SentOutcome, found: Mapping[UUID, Prediction]
) -> str:
    prediction = _prediction_of(table, principal, sent, found)
    if prediction.erased_at is not None:
        raise Erased
    return prediction.endpoint


def _prediction_of(
    table: Table, principal: Principal, sent: SentOutcome, found: Mapping[UUID, Prediction]
) -> Prediction:
    prediction = None if sent.prediction is None else found.get(sent.prediction)
    if prediction is None or not table.is_mine(principal, prediction.endpoint):
        raise UnknownPrediction
    return prediction


def _moment(occurred_at: datetime | date | None) -> datetime | None:
    """When it occurred; of a date the end of the day, so that what was predicted on that day came before.

    While the day lasts, now: what is still to be predicted is about something else.
    """
    if occurred_at is None or isinstance(occurred_at, datetime):
        return occurred_at
    return min(end_of(occurred_at), now())


def _form(sent: SentOutcome) -> list[Problem]:
    """What is missing for it to find its prediction."""
    if sent.prediction is not None or sent.reference is not None:
        return []
    if not sent.entity:
        message = "A prediction's id, a reference, or an entity and occurred_at is needed."
        return [Problem(sent.pointer, "missing", message)]
    if sent.occurred_at is None:
        place = f"{sent.pointer}/occurred_at"
        return [Problem(place, "missing", "An entity's outcome needs the time when it happened.")]
    return []


def _entity(served: Served, sent: SentOutcome, problems: list[Problem]) -> dict[str, Scalar]:
    entity = dict(sent.entity)
    if sent.is_text:
        kinds = {lookup.on: lookup.key_kind for lookup in served.route.lookups}
        for name in entity.keys() & kinds.keys():
            try:
                entity[name] = features.parse_cell_key(kinds[name], str(entity[name]))
            except ValueError:
                continue  # the check below finds it, with its place
    result = features.check_entity(served.route, [], entity, sent.pointer)
    problems += result.problems
    return result.values


def _value(served: Served, sent: SentOutcome) -> Scalar:
    place = f"{sent.pointer}/value"
    task = served.route.task
    if task == "clustering":
        raise NotFound("A clustering endpoint takes no outcomes.")
    labels = (label for loaded in served.versions.values() for label in loaded.manifest.classes)
    classes = tuple({(type(label), label): label for label in labels}.values())  # versions share labels
    value = _from_text(task, sent.value) if sent.is_text else sent.value
    return check_outcome(task, classes, value, place)


def _from_text(task: str, value: object) -> object:
    """A file's cell as a number, where the task wants one; labels are found by their text."""
    if task != "regression":
        return value
    try:
        return features.parse_number(str(value))
    except ValueError:
        return value
