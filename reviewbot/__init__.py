"""reviewbot asks of a patch series what a good reviewer of lockless code asks."""

__version__ = "0.1.0"
