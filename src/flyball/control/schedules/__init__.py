"""Schedules: jobs that are asked for at their times, each due moment once."""
