"""Learn: snapshots, builds, versions."""
