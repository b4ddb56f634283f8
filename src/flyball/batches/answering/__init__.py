"""What is answered: rows are checked as a request's are, and a pinned version is asked."""
