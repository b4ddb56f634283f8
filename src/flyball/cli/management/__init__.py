"""The command as manage.py knows it."""
