"""Files that people have answered: their bytes until they are, which column is which field, what came out."""
