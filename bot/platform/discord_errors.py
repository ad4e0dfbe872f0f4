"""Exceptions and error codes of Discord's API."""

import aiohttp
import discord

# Raised by a request to Discord that fails for any reason: an HTTP error, the rate limit or the connection.
UNREACHABLE = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)


# JSON error codes for Unknown Channel, Unknown Guild and Unknown Message.
GONE = (10003, 10004, 10008)
