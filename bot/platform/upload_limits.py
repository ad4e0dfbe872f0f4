"""Size limits of uploaded files."""

import discord


def upload_limit(client: discord.Client, guild_id: int) -> int:
    """Return the size in bytes that a file in a guild may have; in direct messages, Discord's default."""
    guild = client.get_guild(guild_id)
    return guild.filesize_limit if guild else discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES
