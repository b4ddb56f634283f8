"""Who asked what: an address proves to one reader that a prediction is theirs, and to nobody else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core import signing

from flyball.serving.forms import read_id

SALT = "flyball.asked"


def proof_of(prediction: UUID, reader: Any) -> str:
    """A text that says that a prediction answered this user."""
    return signing.dumps([str(prediction), str(reader.pk)], salt=SALT)


def prediction_of(proof: str, reader: Any) -> UUID | None:
    """The id of the prediction, where the text was made for this user; else ``None``."""
    try:
        identity, who = signing.loads(proof, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return read_id(str(identity)) if who == str(reader.pk) else None
