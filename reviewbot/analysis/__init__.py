"""What the series does."""
