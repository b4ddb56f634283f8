"""Loans: who asks for them, and what became of them."""
