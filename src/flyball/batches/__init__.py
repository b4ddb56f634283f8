"""Batches: a whole file or table is answered by a job, chunk by chunk."""
