"""The examples, each as a user brings it up."""
