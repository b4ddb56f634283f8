"""How results look: documents for programs, text and tables for people."""
