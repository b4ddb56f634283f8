"""One tree of errors: a stable code and a sentence each; doors map codes to their protocol."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where (a JSON pointer), what (a stable code), and a sentence.

    The sentence never repeats the value that was sent.
    """

    pointer: str
    code: str
    message: str


MOST_PROBLEMS = 1000
"""Problems that one answer lists; it says how many more there are."""


class FlyballError(Exception):
    """Something went wrong inside Flyball."""

    code = "internal"
    of: tuple[int, str | None] | None = None
    """The version that it happened to and the arm that it has, where that is known of a prediction."""

    def __init__(self, detail: str = "", *, problems: Sequence[Problem] = ()) -> None:
        self.detail = detail or (self.__doc__ or "").strip().splitlines()[0]
        self.problems = tuple(problems)
        super().__init__(self.detail)

    def __str__(self) -> str:
        lines = [self.detail, *(f"{p.pointer or '/'}: {p.message}" for p in self.problems)]
        return "\n".join(lines)


class MalformedBody(FlyballError):
    """The body could not be read."""

    code = "malformed_body"


class BodyTooLarge(FlyballError):
    """The body is larger than this server takes."""

    code = "body_too_large"


class LengthRequired(FlyballError):
    """Send the length of the body (Content-Length): here nothing else tells whether all of it has arrived."""

    code = "length_required"


class NoRoom(FlyballError):
    """The disk of this server has no room for that."""

    code = "no_room"


class BodyTooSlow(FlyballError):
    """The body did not arrive in time."""

    code = "body_too_slow"


class UnsupportedMediaType(FlyballError):
    """The body is of a type that is not read here."""

    code = "unsupported_media_type"


class MethodNotAllowed(FlyballError):
    """That cannot be done to this resource."""

    code = "method_not_allowed"


class InvalidInput(FlyballError):
    """The input does not fit the schema."""

    code = "invalid_input"


class Unauthenticated(FlyballError):
    """A valid API key is needed."""

    code = "unauthenticated"


class TooManyTries(FlyballError):
    """There were too many wrong keys or passwords from this address."""

    code = "too_many_tries"

    def __init__(self, seconds: float = 60) -> None:
        """``seconds``: how long to wait before the next try."""
        super().__init__()
        self.seconds = max(1, math.ceil(seconds))


class RateLimited(FlyballError):
    """More is asked here than may be within a minute; try again in the next one."""

    code = "rate_limited"
    seconds = 60
    """When the next minute has begun, at the latest."""


class Forbidden(FlyballError):
    """The role of this key does not allow that."""

    code = "forbidden"


class NotFound(FlyballError):
    """There is nothing of that name here."""

    code = "not_found"


class UnknownEndpoint(NotFound):
    """There is no endpoint of that name."""

    code = "unknown_endpoint"


class UnknownVersion(NotFound):
    """The endpoint has no version of that number."""

    code = "unknown_version"


class UnknownEntity(NotFound):
    """A feature table has no row for that entity."""

    code = "unknown_entity"


class UnknownPrediction(NotFound):
    """There is no prediction of that id."""

    code = "unknown_prediction"


class NoReasons(NotFound):
    """The version keeps nothing that tells why it answers as it does; one that is built anew does."""

    code = "no_reasons"


class Erased(FlyballError):
    """The input and output of this prediction have been erased."""

    code = "erased"


class Retired(FlyballError):
    """The endpoint has been retired; it answers no more."""

    code = "retired"


class Conflict(FlyballError):
    """Somebody else changed this first; read it again and decide anew."""

    code = "conflict"


class JobLost(Conflict):
    """Another worker has this job by now; what this one writes changes nothing."""

    code = "job_lost"


class JobCancelled(FlyballError):
    """Somebody has cancelled this job."""

    code = "job_cancelled"


class JobEnded(FlyballError):
    """The job was ended before it was done: by a limit, or with its process or its worker."""

    code = "job_ended"


class TooManyHeld(FlyballError):
    """This endpoint holds as many outcomes without a prediction as it may."""

    code = "too_many_held"


class IdempotencyKeyReused(FlyballError):
    """This Idempotency-Key was sent before with another request."""

    code = "idempotency_key_reused"


class Overloaded(FlyballError):
    """The server has as much waiting as it can commit; try again shortly."""

    code = "overloaded"


class NotReady(FlyballError):
    """The endpoint has no version that can answer yet."""

    code = "not_ready"


class ModelFailed(FlyballError):
    """The model gave no usable answer for this input."""

    code = "model_failed"


class TooLate(FlyballError):
    """The model did not answer within its deadline, nor did the fallback."""

    code = "too_late"


class ConfirmationNeeded(FlyballError):
    """This change needs an explicit yes."""

    code = "confirmation_needed"


class PolicyUnmet(FlyballError):
    """The version does not reach what the policy asks for."""

    code = "policy_unmet"


class LearnedFromPeriod(FlyballError):
    """The version learned from the period that it is asked about."""

    code = "learned_from_period"


class DeclarationError(FlyballError):
    """An endpoint declaration is wrong."""

    code = "declaration"


class DataError(FlyballError):
    """The data cannot be made into a snapshot."""

    code = "data"


class BuildFailed(FlyballError):
    """No candidate of the build could be fitted."""

    code = "build_failed"


class ArtifactCorrupt(FlyballError):
    """The artifact is missing, incomplete or differs from its SHA-256."""

    code = "artifact_corrupt"


class ArtifactUntrusted(FlyballError):
    """The artifact holds types that are not on the allow-list."""

    code = "artifact_untrusted"


class GoldenMismatch(FlyballError):
    """The version does not give its golden answers here."""

    code = "golden_mismatch"


class Unusable(FlyballError):
    """Something that this command needs is missing or cannot be used."""

    code = "unusable"


class DatabaseUnusable(Unusable):
    """The database is missing or cannot be used."""

    code = "database"


def of_code(code: str) -> type[FlyballError]:
    """The error of a code; ``FlyballError`` itself for one that is not known here."""
    waiting = [FlyballError]
    while waiting:
        kind = waiting.pop()
        if kind.code == code:
            return kind
        waiting += kind.__subclasses__()
    return FlyballError
