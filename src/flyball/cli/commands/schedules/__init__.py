"""Schedules: jobs that are asked for at their times."""
