"""Commands of the test suite."""
