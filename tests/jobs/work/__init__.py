"""Kinds of jobs that the tests ask for."""
