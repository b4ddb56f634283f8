"""Schedules: their times, the jobs that are made of what is due, and declarations."""
