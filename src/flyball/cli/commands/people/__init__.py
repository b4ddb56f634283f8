"""People: who belongs to a team, and how somebody comes to."""
