"""Whether a server's database can be used: asked once, before any process is started."""

from __future__ import annotations

from flyball.stores import routes
from flyball.stores.database import Database


def require_tables(database: Database) -> None:
    """Read what is published. Raises the driver's error where the database or Flyball's tables are missing.

    Workers would say the same again and again, each with a traceback.
    """
    connection = database.connect()
    try:
        routes.fingerprint(database, connection)
    finally:
        connection.close()
