"""What it takes to answer: frames, transformers and runtimes."""
