"""What judges versions: one file a subject, as beside this room."""
