"""The measured tables, made and filled by the database itself."""

from __future__ import annotations

from pathlib import Path

from benchmarks.snapshots.starting import start

FILLED = (
    """
    INSERT INTO measured_customer (id, age, income, city, born)
    SELECT n, 20 + n % 60, CASE WHEN n % 7 > 0 THEN (n % 100000)::numeric / 8 END, 'city ' || n % 1000,
        date '1960-01-01' + (n % 20000)::int
    FROM generate_series(0, %(rows)s / 10 - 1) AS n
    """,
    """
    INSERT INTO measured_visit (id, customer_id, seen_at, amount, purpose, repaid)
    SELECT n, (hashint8(n)::bigint & 2147483647) % (%(rows)s / 10),
        timestamptz '2025-01-01' + n::float8 / %(rows)s * interval '300 days',
        (hashint8(n + 7) & 1048575) / 1024.0, (ARRAY['car', 'house', 'boat', 'other'])[1 + n % 4], n % 3 = 0
    FROM generate_series(1, %(rows)s) AS n
    """,
    """
    INSERT INTO measured_purchase (id, customer_id, created_at, total, returned)
    SELECT n, (hashint8(n + 77)::bigint & 2147483647) % (%(rows)s / 10),
        timestamptz '2024-12-01' + n::float8 / %(rows)s * interval '330 days',
        (hashint8(n + 8) & 65535)::numeric / 100, n % 11 = 0
    FROM generate_series(1, %(rows)s) AS n
    """,
    """
    INSERT INTO measured_session (id, customer_id, began_at, minutes, browser)
    SELECT n, (hashint8(n + 777)::bigint & 2147483647) % (%(rows)s / 10),
        timestamptz '2024-12-01' + n::float8 / %(rows)s * interval '330 days',
        (hashint8(n + 9) & 1048575) / 8192.0, CASE WHEN n % 5 > 0 THEN 'browser ' || n % 40 END
    FROM generate_series(1::bigint, %(rows)s) AS n
    """,
)


def fill(folder: Path, url: str, rows: int) -> None:
    """Flyball's tables and the measured ones, with so many visits, purchases and sessions."""
    start(folder, url)
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.snapshots import models
    from benchmarks.snapshots.taking import declared
    from flyball.control.declarations.services import record

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        for model in (models.Customer, models.Visit, models.Purchase, models.Session):
            editor.create_model(model)
    with connection.cursor() as cursor:
        for sql in FILLED:
            cursor.execute(sql.replace("%(rows)s", f"{rows}::bigint"))
        cursor.execute("VACUUM (FREEZE, ANALYZE)")
        cursor.execute("CHECKPOINT")
    record(declaration=declared())
