"""Settings of servers and preferences of members."""
