"""Lookups in the online copy of a file's feature table."""

from __future__ import annotations

from django.db.models import DecimalField, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from flyball.control.datasets.lookups import native
from flyball.control.datasets.models import OnlineRow
from flyball.domain.schema import MOST, Kind

WHOLE = r"^(0|-?[1-9][0-9]{0,18})$"


def compiled(endpoint: str, table: str) -> tuple[Kind, str]:
    """The kind of the key, which is integer where every key is a whole number, and SQL for one row."""
    rows = OnlineRow.objects.filter(endpoint=endpoint, feature_table=table)
    sql, values = (
        rows.filter(key=RawSQL(native.KEY, ())).order_by().values_list("values")[:1].query.sql_with_params()
    )
    kind = Kind.INTEGER if _is_whole(rows) else Kind.TEXT
    return kind, native.finished(native.literals(sql, values), key=native.key_of(Kind.TEXT))


def _is_whole(rows: QuerySet[OnlineRow]) -> bool:
    """Whether every key is a whole number of at most 64 bits; the lowest counts as text, as those below it.

    SQLite reads what is below as the same floating-point number.
    """
    if not rows.exists() or rows.exclude(key__regex=WHOLE).exists():
        return False
    number = Cast("key", DecimalField(max_digits=20, decimal_places=0))
    return not rows.annotate(number=number).exclude(number__range=(-MOST, MOST)).exists()
