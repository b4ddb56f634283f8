"""The engine with its real parts: pool, readers, recorder, refresher, database."""
