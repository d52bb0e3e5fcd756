"""Where a series comes from, and the tree it applies to."""
