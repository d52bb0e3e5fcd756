"""Whether a question stands: its scenario as a litmus test, as posted and as suggested."""
