"""What each command does, once click has read the command line."""
