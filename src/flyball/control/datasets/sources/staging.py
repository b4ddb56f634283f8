"""Every source of a declaration, copied to Parquet files of the workspace."""

from __future__ import annotations

import pyarrow as pa
from django.db import DataError, OperationalError

from flyball.control.datasets.sources import file_staging, model_source, patterns, query_source
from flyball.snapshots.source import Source, Staged
from flyball.snapshots.workspace import Workspace


def stage(source: Source, workspace: Workspace) -> Staged:
    """Copy one source. Raises ``DataError``."""
    try:
        return _staged(source, workspace)
    except OperationalError as error:
        known = patterns.explained(source, error)
        if known is None:
            raise
        raise known from None
    except (ValueError, TypeError, OverflowError, pa.ArrowException, DataError) as error:
        # SQLite keeps whatever it is given in a column of any type, and PostgreSQL moments that Python cannot
        # hold; the reason would repeat the value.
        raise patterns.explained(source, error) or source.fail(
            "a value is not of its column's type, or a moment outside the years 1 to 9999.",
            "Correct it, or cast it in a query.",
        ) from None


def _staged(source: Source, workspace: Workspace) -> Staged:
    if source.origin.model:
        return model_source.stage(source, workspace.path(source.slot))
    if source.origin.query:
        return query_source.stage(source, workspace.path(source.slot))
    return file_staging.stage(source, workspace)
