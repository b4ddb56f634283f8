"""Reasons of an answer: how much each field of a row has moved it."""
