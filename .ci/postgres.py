"""Fails at once, with a sentence, where a PostgreSQL is expected and does not answer."""

import os
import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg

url = urlsplit(os.environ["FLYBALL_TEST_POSTGRES"])
try:
    # The server's own database: the tests make theirs.
    psycopg.connect(urlunsplit(url._replace(path="/postgres")), connect_timeout=10).close()
except psycopg.OperationalError as error:
    # The address may hold a password; the reason does not.
    sys.exit(f"FLYBALL_TEST_POSTGRES names a PostgreSQL that does not answer: {error}")
