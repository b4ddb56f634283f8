"""Every source of a declaration, copied to Parquet files of the workspace."""

from __future__ import annotations

import pyarrow as pa

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
    except (ValueError, TypeError, OverflowError, pa.ArrowException):
        # SQLite keeps whatever it is given in a column of any type; the reason would repeat the value.
        raise source.fail(
            "a value is not of its column's type.", "Correct it, or cast it in a query."
        ) from None
