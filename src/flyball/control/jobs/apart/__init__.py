"""Heavy jobs, each in a process of its own: who starts it, who sees to its end, and what runs there."""
