"""Judging: from what was added up to intervals, a verdict, and how a test stands."""
