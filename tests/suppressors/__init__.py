"""What keeps reviewbot silent: S01 to S26, each with the change that brings the comment back."""
