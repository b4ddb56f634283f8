"""What an endpoint says to people who ask, as it is declared and as it is published."""
