"""The job: chunks are claimed, answered and written, by one worker or several."""
