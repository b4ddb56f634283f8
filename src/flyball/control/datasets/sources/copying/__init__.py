"""Large sources in PostgreSQL, read side by side by ``COPY`` from one view of the database."""
