"""Where a series comes from: git, mail, files."""
