"""The leaderboard: members ranked by likes, remixes and helpful critiques in a quarter."""
