"""What the kernel calls things."""
