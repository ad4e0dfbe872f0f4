"""The read-only gallery pages on the web."""
