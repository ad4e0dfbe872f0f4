"""What a member's request has where they say nothing else, and what its words must be."""

import secrets

# One more than the largest seed.
SEEDS = 2**32
GUIDANCE_SCALE, STEPS = 5.0, 25
ASPECTS = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "2:1")


def new_seed() -> int:
    """Return a seed by chance."""
    return secrets.randbelow(SEEDS)
