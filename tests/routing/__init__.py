"""Routes: apply, promotion, rollback, partitions, outcomes pulled."""
