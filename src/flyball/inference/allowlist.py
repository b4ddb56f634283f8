"""Models as artifacts and back: audited against the server's own table before anything is made of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Container
from typing import Any

from flyball.domain.errors import ArtifactCorrupt, ArtifactUntrusted
from flyball.inference.audit.archive import Archive
from flyball.inference.audit.building import build
from flyball.inference.audit.families import TABLE
from flyball.inference.audit.nodes import At
from flyball.inference.audit.things import ESTIMATORS, Own, Thing, read_thing


def audit(data: bytes, trusted: Container[str] = ()) -> Thing | Own:
    """Check everything in an artifact; what was read, of which nothing is built yet.

    ``trusted`` are the user's own types, as ``module.Class``. Raises ``ArtifactUntrusted`` that names what
    is not allowed, also for anything that is not a skops file: what a file is called does not matter; and
    ``ArtifactCorrupt`` where parts of a model do not fit each other.
    """
    try:
        archive = Archive(data)
        found = read_thing(archive.description(), At(archive, TABLE, trusted))
    except (ArtifactUntrusted, ArtifactCorrupt):
        raise
    except Exception as error:  # noqa: BLE001 - a crafted file may fail in any way, and each is a refusal
        raise ArtifactUntrusted(f"The artifact cannot be read ({type(error).__name__}).") from None
    if isinstance(found, Thing) and not (found.is_fitted and found.allowed.roles & ESTIMATORS):
        raise ArtifactCorrupt("The artifact holds no fitted model.")
    return found


def construct(data: bytes, trusted: Container[str] = ()) -> Any:
    """The audited content of an artifact. Raises ``ArtifactUntrusted`` or ``ArtifactCorrupt``."""
    found = audit(data, trusted)
    try:
        return build(found)
    except Exception as error:  # noqa: BLE001 - as above
        raise ArtifactCorrupt(f"The artifact cannot be read here ({type(error).__name__}).") from None


def dump(model: Any) -> bytes:
    """A model as a skops artifact."""
    import skops.io  # takes seconds and 200 MB, and who only reads artifacts needs none of it

    buffer = io.BytesIO()
    skops.io.dump(model, buffer, compression=zipfile.ZIP_DEFLATED, compresslevel=3)
    return buffer.getvalue()
