"""Model cards: what a version is for and may not do, beside the facts that it is made of."""
