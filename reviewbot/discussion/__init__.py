"""What people said of a series in mail, and what became of what was asked before."""
