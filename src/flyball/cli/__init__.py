"""The flyball command, also manage.py flyball."""
