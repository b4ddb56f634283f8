"""Charts as SVG: drawn by a job once somebody asks, for paper and for browsers without scripts."""
