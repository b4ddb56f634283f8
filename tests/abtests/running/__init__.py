"""A/B tests as they run: started, counted, judged and ended."""
