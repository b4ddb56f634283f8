"""Every source of a declaration, copied to Parquet files of the workspace."""

from __future__ import annotations

import pyarrow as pa
from django.db import DataError

from flyball.control.datasets.sources import file_staging, model_source, query_source
from flyball.snapshots.source import Source, Staged
from flyball.snapshots.workspace import Workspace


def stage(source: Source, workspace: Workspace) -> Staged:
    """Copy one source. Raises ``DataError``."""
    try:
        if source.origin.model:
            return model_source.stage(source, workspace.path(source.slot))
        if source.origin.query:
            return query_source.stage(source, workspace.path(source.slot))
        return file_staging.stage(source, workspace)
    except (ValueError, TypeError, OverflowError, pa.ArrowException, DataError):
        # SQLite keeps whatever it is given in a column of any type, and PostgreSQL moments that Python cannot
        # hold; the reason would repeat the value.
        raise source.fail(
            "a value is not of its column's type, or a moment outside the years 1 to 9999.",
            "Correct it, or cast it in a query.",
        ) from None
