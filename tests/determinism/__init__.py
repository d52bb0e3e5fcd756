"""The same input gives the same bytes, however a run comes to it."""
