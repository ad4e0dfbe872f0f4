"""Challenges of a server: planning, entries, votes, results and their announcements."""
