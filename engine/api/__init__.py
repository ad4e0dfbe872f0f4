"""All that the bot may import of the engine: messages, the client, and what both sides know."""
