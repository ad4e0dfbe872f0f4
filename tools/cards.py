"""Photograph the main cards for the README: `python -m tools.cards docs/cards.webp`.

The real bot runs on SimCord; members play, and a browser shows what they see.
"""

import asyncio
import io
import sys
import tempfile
from pathlib import Path
from typing import Any

import simcord
from PIL import Image
from playwright.async_api import async_playwright

from bot.app import Atelier, built
from bot.config import Settings
from bot.database.states import JobStatus
from bot.jobs.models import Job
from tools.browser import FLAGS, executable

WIDTH, GAP, BACKGROUND = 620, 24, "#313338"
PROMPT = "a fox in the mountains at sunset"
LOADED = """images => Promise.all(images.map(async image => {
    while (!image.complete || !image.naturalWidth) await new Promise(done => setTimeout(done, 100));
}))"""


async def main(path: Path) -> None:
    """Play, photograph, and lay the cards side by side."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), model="starter", web_port=0)
        async with built(settings) as atelier, simcord.run(atelier.client, check_errors=False) as env:
            if atelier.client.user:
                await atelier.client.user.edit(username="Atelier")
            guild = env.create_guild("Atelier")
            channel = guild.create_text_channel("studio")
            mira = guild.add_member(env.create_user("mira", global_name="Mira"))
            async with atelier.working(), env.preview(channel, viewers=[mira], layout="channel", port=0) as preview:
                shots = await _shots(atelier, preview, mira, channel)
    _sheet(shots).save(path, quality=90)


async def _shots(atelier: Atelier, preview: Any, mira: Any, channel: Any) -> list[Image.Image]:
    await atelier.kernel.engine.wait_ready()
    await mira.slash(channel, "imagine", prompt=PROMPT, seed=7)
    first = await _newest(atelier)
    await mira.click(_card(channel, first), label="V1")
    second = await _newest(atelier)
    varied = (await atelier.kernel.creations.creations_of(second.id))[1]
    await atelier.studio.service.go_on(mira.id, second.place, varied.id, "zoom")
    await _newest(atelier)
    shown = await mira.slash(channel, "show", number=varied.id)
    details = await mira.select(_message(channel, mira, shown), ["details"], custom_id=f"more:{varied.id}")
    shorten = await mira.slash(channel, "shorten", prompt=f"a very beautiful {PROMPT}, watercolour")
    settings = await mira.slash(channel, "settings")
    wanted = [first.place.message_id, details.response.id, shorten.response.id, settings.response.id]
    await preview.refresh()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        page = await browser.new_page(viewport={"width": 1100, "height": 2600}, device_scale_factor=1.5)
        await page.goto(preview.url)
        shots = []
        for message_id in wanted:
            card = page.locator(f'article[data-message-id="{message_id}"]')
            await card.scroll_into_view_if_needed()
            await card.locator("img").evaluate_all(LOADED)
            shots.append(Image.open(io.BytesIO(await card.screenshot())).convert("RGB"))
        await browser.close()
    return shots


async def _newest(atelier: Atelier) -> Job:
    """Return the newest job, once it is shown."""
    while not (job := (await atelier.kernel.store.jobs(*JobStatus))[-1]).delivered:  # noqa: ASYNC110 - what is asked has no event
        await asyncio.sleep(0.2)
    return job


def _card(channel: Any, job: Job) -> Any:
    return next(message for message in channel.history() if message.id == job.place.message_id)


def _message(channel: Any, member: Any, answer: Any) -> Any:
    return next(each for each in channel.history(viewer=member) if each.id == answer.response.id)


def _sheet(shots: list[Image.Image]) -> Image.Image:
    """Return the pictures in two columns of about the same height."""
    scaled = [shot.resize((WIDTH, round(shot.height * WIDTH / shot.width))) for shot in shots]
    columns: list[list[Image.Image]] = [[], []]
    for shot in scaled:
        min(columns, key=lambda column: sum(each.height + GAP for each in column)).append(shot)
    height = max(sum(each.height + GAP for each in column) for column in columns) + GAP
    sheet = Image.new("RGB", (2 * WIDTH + 3 * GAP, height), BACKGROUND)
    for number, column in enumerate(columns):
        top = GAP
        for shot in column:
            sheet.paste(shot, (GAP + number * (WIDTH + GAP), top))
            top += shot.height + GAP
    return sheet


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
