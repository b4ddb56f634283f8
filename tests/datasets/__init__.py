"""Tests of snapshots, lookups and what else is done with datasets."""
