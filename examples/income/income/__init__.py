"""Who earns more than 50,000 dollars a year? The census of 1994."""
