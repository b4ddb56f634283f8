"""Wording: what is asked of a test and what is to be expected of it, as doors read and write it."""
