"""What an A/B test says: sums of its arms in, intervals that hold at every look and a verdict out."""
