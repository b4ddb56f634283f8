"""Lookups in the online copy of a file's feature table."""

from __future__ import annotations

from django.db.models.expressions import RawSQL

from flyball.control.datasets import native
from flyball.control.datasets.models import OnlineRow
from flyball.domain.schema import Kind

WHOLE = r"^(0|-?[1-9][0-9]{0,17})$"


def compiled(endpoint: str, table: str) -> tuple[Kind, str]:
    """The kind of the key, which is integer where every key is a whole number, and SQL for one row."""
    rows = OnlineRow.objects.filter(endpoint=endpoint, feature_table=table)
    whole = rows.exists() and not rows.exclude(key__regex=WHOLE).exists()
    sql, values = (
        rows.filter(key=RawSQL(native.KEY, ())).order_by().values_list("values")[:1].query.sql_with_params()
    )
    kind = Kind.INTEGER if whole else Kind.TEXT
    return kind, native.finished(native.literals(sql, values), key=native.key_of(Kind.TEXT))
