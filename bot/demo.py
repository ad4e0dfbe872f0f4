"""The demo: the bot on SimCord's simulated Discord in a browser, without a token.

Everything else is real: jobs, engine process, database, web server. SimCord's page shows edited messages only after a
refresh, which this module triggers about twice a second.
"""

import asyncio
import shutil
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import simcord
from simcord import SetupError

from bot.app import Atelier, built
from bot.config import Settings
from bot.creations.models import Creation
from bot.database.states import JobStatus
from engine.api.messages import Ready, Unavailable

SAMPLES = Path(__file__).parent / "samples"
CREDIT = (
    "Sample pictures: composed from Microsoft's Fluent emoji artwork, MIT licence "
    "(bot/samples/README.md). Save one, and repaint a part of it with `/inpaint`."
)
REFRESH_SECONDS = 0.5
TOUR_SECONDS = 600
LOOK_SECONDS = 2
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Tour:
    """The arguments of the /inpaint command that the demo runs as a member."""

    image: Path = SAMPLES / "castle.png"
    mask: Path = SAMPLES / "castle-mask.png"
    prompt: str = "a snowman in the snow"
    guidance_scale: float = 4.0
    seed: int = 21


async def run_demo(settings: Settings, *, once: bool) -> bool:
    """Serve the demo until Ctrl-C, or with `once` until its tour ends; return whether the tour produced a picture."""
    home = settings.home / "demo"
    # The simulated Discord starts empty, so the links of an earlier gallery would be dead.
    shutil.rmtree(home, ignore_errors=True)
    model = "starter" if settings.model == "auto" else settings.model
    web_port = _free_port()
    settings = settings.model_copy(
        update={
            "home": home,
            "database_url": None,
            "model": model,
            "web_port": web_port,
            "public_url": f"http://{settings.web_host}:{web_port}",
        }
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with built(settings) as atelier, simcord.run(atelier.client, check_errors=False) as env:
        if atelier.client.user:
            await atelier.client.user.edit(username="Atelier")
        guild = env.create_guild("Atelier demo")
        studio = guild.create_text_channel("studio", topic="Where pictures are made")
        mira = guild.add_member(env.create_user("mira", global_name="Mira"))
        async with (
            atelier.working() as web_address,
            env.preview(studio, viewers=[mira], layout="channel", port=settings.demo_port) as preview,
        ):
            print(f"Atelier's demo: open {preview.url}", flush=True)
            print(f"Health and metrics: {web_address}/healthz, {web_address}/metrics", flush=True)
            await _post_samples(mira, studio)
            refresher = asyncio.create_task(_refresh(env, preview))
            tour = asyncio.create_task(_run_tour(atelier, mira, studio, home))
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({tour, stopped}, return_when=asyncio.FIRST_COMPLETED)
            made = tour.done() and tour.result()
            if not once and not stop.is_set():
                print("Serving; end with Ctrl-C.", flush=True)
                await stopped
            for task in (refresher, tour, stopped):
                task.cancel()
            await asyncio.gather(refresher, tour, stopped, return_exceptions=True)
    return made


def _free_port() -> int:
    """Return a free local port; it has to be known before the start, because the painter's links contain it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def _post_samples(member: Any, channel: Any) -> None:
    # Not the tour's picture, which is posted next: the page shows each picture large.
    pictures = [SAMPLES / "meadow.png", SAMPLES / "sea.png"]
    await member.send(channel, CREDIT, attachments=[(path.name, path.read_bytes()) for path in pictures])


async def _run_tour(atelier: Atelier, member: Any, channel: Any, home: Path) -> bool:
    """Run one /inpaint as a member, and save before.png and after.png in `home`; return whether a picture was made."""
    tour = Tour()
    print("Waiting for the model …", flush=True)
    await _engine_settled(atelier)
    state = atelier.kernel.engine.state
    if isinstance(state, Unavailable):
        print(f"No model: {state.reason}", flush=True)
        return False
    if isinstance(state, Ready):
        print(f"Model: {state.model} on {state.device}, {state.dtype}. {state.fallback}".strip(), flush=True)
    await _when_free(lambda: member.slash(channel, "help"))
    print(f"Mira uses /inpaint with the prompt “{tour.prompt}” …", flush=True)
    draft = await _when_free(
        lambda: member.slash(
            channel,
            "inpaint",
            image=(tour.image.name, tour.image.read_bytes()),
            mask=(tour.mask.name, tour.mask.read_bytes()),
            prompt=tour.prompt,
            guidance_scale=tour.guidance_scale,
            seed=tour.seed,
        )
    )
    print("She looks at the region, and presses Go …", flush=True)
    await asyncio.sleep(LOOK_SECONDS)
    await _when_free(lambda: member.click(draft.response.message, label="Go"))
    creation = await _first_creation(atelier)
    if creation is None:
        print("The picture was not made; the log above says why.", flush=True)
        return False
    before, after = home / "before.png", home / "after.png"
    shutil.copyfile(tour.image, before)
    shutil.copyfile(atelier.kernel.files.path(creation.file_key), after)
    print(f"Before: {before}\nAfter:  {after}", flush=True)
    return True


async def _engine_settled(atelier: Atelier) -> None:
    while not isinstance(atelier.kernel.engine.state, Ready | Unavailable):  # noqa: ASYNC110 - the state may change again
        await asyncio.sleep(REFRESH_SECONDS)


async def _first_creation(atelier: Atelier) -> Creation | None:
    """Wait until the tour's job is delivered; return its picture, or None if it failed.

    Raises TimeoutError after TOUR_SECONDS.
    """
    async with asyncio.timeout(TOUR_SECONDS):
        while True:
            job = next(iter(await atelier.kernel.store.jobs(*JobStatus)), None)
            if job is not None and job.delivered:
                return next(iter(await atelier.kernel.creations.creations_of(job.id)), None)
            await asyncio.sleep(REFRESH_SECONDS)


async def _refresh(env: simcord.Env, preview: Any) -> None:
    """Publish the page whenever the bot has edited a message since the last time.

    It is not published without edits, because SimCord rejects actions on an outdated version of the page as stale.
    """
    published = 0
    while True:
        await asyncio.sleep(REFRESH_SECONDS)
        edits = sum("/messages/" in request.path for request in env.http_requests)
        if edits == published:
            continue
        try:
            await preview.refresh()
            published = edits
        except SetupError:
            # Another operation is running; retry after the next pause.
            continue


async def _when_free(operation: Callable[[], Awaitable[Result]]) -> Result:
    """Run a SimCord operation, retrying while SimCord rejects it because another one is running."""
    while True:
        try:
            return await operation()
        except SetupError as error:
            if "overlaps" not in str(error):
                raise
            await asyncio.sleep(0.05)
