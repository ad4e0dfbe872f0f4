"""The showcase: reactions of members are counted, and liked pictures are posted in a channel."""
