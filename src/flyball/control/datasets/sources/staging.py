"""Every source of a declaration, copied to Parquet files of the workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace

import pyarrow as pa
from django.db import DatabaseError, DataError, OperationalError

from flyball.control.datasets.sources import file_staging, model_source, patterns, query_source
from flyball.control.datasets.sources.copying.views import View, one_view
from flyball.domain import errors
from flyball.snapshots.source import Source, Staged
from flyball.snapshots.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Staging:
    """Sources on their way into a workspace: those in PostgreSQL from one ``view`` of it."""

    workspace: Workspace
    view: View | None
    begun: dict[str, Staged] = field(default_factory=dict)

    def begin(self, source: Source) -> None:
        """Have a source's rows copied in the background where that can be; ``stage`` says if it cannot."""
        if self.view is None or source.origin.file:
            return
        try:
            if source.origin.model:
                shape = model_source.shape(source)
                statements = model_source.statements(shape)
            else:
                shape, statements = query_source.statements(source)
        except (errors.DataError, DatabaseError, ValueError, TypeError, OverflowError):
            return
        if statements:
            paths = self.view.begin(source.slot, statements, shape.types)
            self.begun[source.slot] = replace(shape, paths=paths)

    def stage(self, source: Source) -> Staged:
        """Copy one source. Raises ``DataError``."""
        try:
            return self._staged(source)
        except OperationalError as error:
            known = patterns.explained(source, error)
            if known is None:
                raise
            raise known from None
        except (ValueError, TypeError, OverflowError, pa.ArrowException, DataError) as error:
            # SQLite keeps whatever it is given in a column of any type, and PostgreSQL moments that Python
            # cannot hold; the reason would repeat the value.
            raise patterns.explained(source, error) or source.fail(
                "a value is not of its column's type, or a moment outside the years 1 to 9999.",
                "Correct it, or cast it in a query.",
            ) from None

    def _staged(self, source: Source) -> Staged:
        if source.origin.file:
            return file_staging.stage(source, self.workspace)
        if self.view is not None and self.view.has_copied(source.slot):
            staged = self.begun[source.slot]
        else:
            with self.view.joined() if self.view else nullcontext():
                staged = self._read(source)
        return model_source.named(staged) if source.origin.model else staged

    def _read(self, source: Source) -> Staged:
        path = self.workspace.path(source.slot)
        if source.origin.model:
            return model_source.read(model_source.shape(source), path)
        return query_source.read(source, path)


@contextmanager
def staging(workspace: Workspace) -> Iterator[Staging]:
    """Sources are copied into a workspace while the block lasts."""
    with one_view(workspace.folder) as view:
        yield Staging(workspace, view)
