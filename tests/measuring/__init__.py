"""What a benchmark computes and writes; how fast anything is, is not tested."""
