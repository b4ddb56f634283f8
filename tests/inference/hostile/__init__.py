"""Hostile files over the whole table, made by chance and tried in processes of their own."""
