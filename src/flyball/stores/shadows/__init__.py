"""What shadows answer, apart from all that is returned."""
