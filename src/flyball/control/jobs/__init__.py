"""Work that outlives a request: asked for in a transaction, carried out by workers."""
