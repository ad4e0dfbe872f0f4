"""Killed at random moments under load, again and again: `make soak`. What came out stands in `docs/reliability.md`."""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.bot_processes import Bots, bots_in

KILLS = int(os.environ.get("KILLS", "200"))
KILLS_A_ROUND = 10
MEMBERS = range(5, 10)
PROMPTS = ("a fox", "a fox", "a fox", "a fox fails", "a fox dies 1")
MOST_SECONDS = 1.5


@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_killed_at_random_moments_under_load(tmp_path: Path) -> None:
    chance = random.Random(8)
    began = time.monotonic()
    async with bots_in(tmp_path) as bots:
        for kill in range(1, KILLS + 1):
            # One in five dies while it starts.
            await bots.start(at_start=chance.random() < 0.2)
            await _ask_much(bots, chance)
            await bots.kill()
            if kill % KILLS_A_ROUND == 0:
                await _settled(bots)
                ends = Counter(status for (status,) in bots.rows("SELECT status FROM jobs"))
                seconds = time.monotonic() - began
                sys.stderr.write(f"{kill} kills, {seconds:.0f} s, {bots.asked} asked, ended: {dict(ends)}\n")
        await bots.check_files()


async def _ask_much(bots: Bots, chance: random.Random) -> None:
    """Ask for pictures, while the bot listens, until the moment has come to kill it."""
    moment = time.monotonic() + chance.uniform(0, MOST_SECONDS)
    while time.monotonic() < moment:
        if bots.outside.is_connected:
            await bots.ask(chance.choice(PROMPTS), chance.choice(MEMBERS))
        await asyncio.sleep(chance.uniform(0, 0.2))


async def _settled(bots: Bots) -> None:
    """Let a bot take up what was left, and check it."""
    await bots.start()
    await bots.drained()
    await bots.check()
    await bots.kill()
