"""A process of its own, with limits, in which a model from outside is opened and asked first."""
