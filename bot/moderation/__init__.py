"""Moderation: reports, appeals and held pictures, blocks, purges, and removal of old pictures."""
