"""Measure searches by meaning and by looks in a large gallery: `python -m tools.bench_likeness [prompts] [pictures]`.

Vectors and hashes are by chance, so few come near; the sentence model runs in a real engine process.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image
from sqlalchemy import insert

from bot.app import built
from bot.config import Settings
from bot.core.audience import Audience
from bot.core.clock import now
from bot.database.engine import create_database
from bot.database.states import JobStatus
from bot.database.tables import CreationRow, GuildRow, JobRow, MemberRow, OriginRow, PromptVectorRow
from bot.gallery.models import Browsing, GalleryView
from bot.gallery.prompt_vectors import VECTOR, WIDTH
from bot.imaging.images import to_png
from engine.api.messages import GenerationParameters

TIMES = 20
GALLERY = 1
VIEWER = Audience(frozenset({1}))
SEARCHED = "a cosy house in winter"


async def main(prompts: int, pictures: int) -> None:
    """Fill a gallery, search it, and print how long that took."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, home=Path(folder), model="starter", web_port=0)  # pyright: ignore[reportCallIssue]
        async with built(settings) as atelier, atelier.kernel.engine.running():
            file_key = await atelier.kernel.files.put(to_png(Image.effect_noise((512, 512), 99).convert("RGB")))
            await _fill(settings.database, prompts, pictures, file_key)
            await atelier.kernel.engine.wait_ready()
            meaning, alike = Browsing(GalleryView.MEANING, words=SEARCHED), Browsing(GalleryView.ALIKE, like=1)
            print(f"{prompts} prompts, {pictures} pictures; the first time, and the median of {TIMES} others, in ms")
            await _measure("a page by meaning", lambda: atelier.gallery.likeness.page(GALLERY, meaning, VIEWER))
            await _measure("  of that, the model", lambda: atelier.kernel.engine.embed([SEARCHED]))
            await _measure("a page by looks", lambda: atelier.gallery.likeness.page(GALLERY, alike, VIEWER))


async def _measure(name: str, ask: Callable[[], Awaitable[object]]) -> None:
    taken = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        await ask()
        taken.append(1000 * (time.perf_counter() - began))
    print(f"{name:22} {taken[0]:8.0f} {np.median(taken[1:]):8.0f}", flush=True)


async def _fill(url: str, prompts: int, pictures: int, file_key: str) -> None:
    chance = np.random.default_rng(0)
    vectors = chance.normal(size=(prompts, WIDTH))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(VECTOR)
    hashes = chance.integers(-(2**63), 2**63 - 1, pictures).tolist()
    moment = now()
    place = {"guild_id": GALLERY, "channel_id": 1, "message_id": 1, "user_id": 1, "created_at": moment}
    request = asdict(GenerationParameters("a fox"))
    job = {"interaction_token": "", "request": request, "image_key": "", "mask_key": "", "status": JobStatus.SUCCEEDED}
    creation = {"job_id": 1, "request": request, "seed": 0, "model": "m", "width": 512, "height": 512}
    creation["origin_id"] = 1
    database = create_database(url)
    async with database.begin() as connection:
        await connection.execute(insert(GuildRow).values(id=GALLERY, created_at=moment))
        await connection.execute(insert(MemberRow).values(id=1, created_at=moment))
        await connection.execute(insert(OriginRow).values(id=1, guild_id=GALLERY, channels="1", is_restricted=False))
        await connection.execute(insert(JobRow).values(id=1, **place, **job))
        rows = [
            {"id": number, "guild_id": GALLERY, "digest": number.to_bytes(16), "vector": vector.tobytes()}
            for number, vector in enumerate(vectors, 1)
        ]
        await connection.execute(insert(PromptVectorRow), rows)
        found_out = (
            {"file_key": file_key, "phash": phash, "prompt_id": number % prompts + 1}
            for number, phash in enumerate(hashes)
        )
        await connection.execute(insert(CreationRow), [place | creation | each for each in found_out])
    await database.dispose()


if __name__ == "__main__":
    asyncio.run(main(*(map(int, sys.argv[1:]) if len(sys.argv) == 3 else (20_000, 100_000))))
