"""Limits of a server: daily quotas, cooldowns, and the roles and channels in which members may paint."""
