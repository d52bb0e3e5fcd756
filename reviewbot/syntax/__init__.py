"""What one file says."""
