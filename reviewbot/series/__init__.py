"""What was sent: the series, its patches, diffs, and the text they leave."""
