"""Arms beside a champion that no test brings: each change is one route revision more."""
