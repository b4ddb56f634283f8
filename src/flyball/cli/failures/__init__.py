"""What a user can put right: an exception becomes a sentence, an exit code and, for programs, a document."""
