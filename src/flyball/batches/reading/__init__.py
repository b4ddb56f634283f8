"""What comes in: files of four formats as one stream of rows, in a bounded memory."""
