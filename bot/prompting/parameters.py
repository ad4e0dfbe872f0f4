"""Default parameters of a request."""

import secrets

# Number of seeds: a seed is from 0 to SEEDS - 1.
SEEDS = 2**32
GUIDANCE_SCALE, STEPS = 5.0, 25
ASPECTS = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "2:1")


def new_seed() -> int:
    """Return a random seed, from 0 to SEEDS - 1."""
    return secrets.randbelow(SEEDS)
