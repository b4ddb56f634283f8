"""An endpoint whose candidate writes down each of its fits, and ends its process when it is told to."""
