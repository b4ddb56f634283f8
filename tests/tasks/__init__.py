"""What people do with Flyball, as the documents say it is done."""
