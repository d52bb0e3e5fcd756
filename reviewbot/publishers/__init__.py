"""Where the comments go."""
