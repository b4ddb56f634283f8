"""The data plane: engine, pool, recorder, doors; no Django."""
