"""The command: each as it is typed, in this process or in one of its own."""
