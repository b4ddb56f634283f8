"""The search of candidates, and the bench that their units are computed on."""
