"""Errors and error codes of Discord."""

import aiohttp
import discord

UNREACHABLE = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)


# "Unknown Channel", "Unknown Guild" and "Unknown Message".
GONE = (10003, 10004, 10008)
