"""What to ask: facts and rule pages give findings."""
