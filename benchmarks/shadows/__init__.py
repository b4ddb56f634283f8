"""What shadows cost the champion: its latency over HTTP, without and with one that is slow."""
