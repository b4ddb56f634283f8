"""Diagnostics of versions: asked for, computed, shown and handed out."""
