"""Every source of a declaration, copied to Parquet files of the workspace."""

from __future__ import annotations

import pyarrow as pa

from flyball.control.datasets import django_source, file_staging, sql_source
from flyball.control.datasets.plan import Source, Staged
from flyball.control.datasets.workspace import Workspace


def stage(source: Source, workspace: Workspace) -> Staged:
    """Copy one source. Raises ``DataError``."""
    try:
        if source.origin.model:
            return django_source.stage(source, workspace.path(source.slot))
        if source.origin.query:
            return sql_source.stage(source, workspace.path(source.slot))
        return file_staging.stage(source, workspace)
    except (ValueError, TypeError, OverflowError, pa.ArrowException):
        # SQLite keeps whatever it is given in a column of any type; the reason would repeat the value.
        raise source.fail(
            "a value is not of its column's type.", "Correct it, or cast it in a query."
        ) from None
