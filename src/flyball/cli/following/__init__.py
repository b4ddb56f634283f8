"""Work with its progress shown: snapshots and builds."""
