"""The cat language, in which memory models are written, as far as the kernel's models use it.

``lexer`` and ``parser`` make the tree of ``terms``; ``evaluate`` runs it on symbols instead of events and
leaves a graph of relations (``nodes``); ``emit`` turns that graph into straight Python. See the herdtools7
manual, "Writing simple models in cat", for the language.
"""
