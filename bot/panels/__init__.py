"""The pages of /settings: a member's own settings, and a server's settings, limits and safety rules."""
