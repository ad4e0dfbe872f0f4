"""Drafts: a picture, a region and a prompt, changed and looked at until the member hands them in."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from weakref import WeakValueDictionary

from PIL import Image

from bot.core.errors import MaskError, NotAllowedError, UserError
from bot.core.i18n import _
from bot.core.message_ref import MessageRef
from bot.core.text import checked_prompt
from bot.creations.models import PaintRequest
from bot.database.file_store import FileStore
from bot.drafts.models import Draft
from bot.drafts.store import DraftStore
from bot.drafts.views import DraftPreview
from bot.imaging.mask_editing import feathered, numbered, share, shown
from bot.imaging.masks import Region
from bot.jobs.models import Job, NewJob
from bot.jobs.service import JobService
from bot.jobs.store import DraftGoneError
from bot.styles.models import NO_STYLE, Style
from engine.messages import GenerationParameters

FEATHERS = (0, 4, 8, 16, 32, 64)
# One press of Grow or Shrink, as a part of the picture's longer side.
GROWTH = 0.015

Painted = Callable[[Draft], Awaitable[None]]


class DraftService:
    """What commands, buttons and the painter's page use.

    `remark` says what a member should know of their prompt, or nothing. `paint_url` makes the link to the painter's
    page for a draft's id and nonce, or is None where the bot has no public address. `on_painted` is told when a region
    was painted on that page.
    """

    def __init__(
        self,
        store: DraftStore,
        files: FileStore,
        jobs: JobService,
        remark: Callable[[GenerationParameters], str],
        paint_url: Callable[[int, str], str] | None,
    ) -> None:
        self.on_painted: Painted | None = None
        self._remark = remark
        self._store = store
        self._files = files
        self._jobs = jobs
        self._paint_url = paint_url
        self._handed_in: set[int] = set()
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def begin(
        self,
        user_id: int,
        place: MessageRef,
        parameters: GenerationParameters,
        image: Image.Image,
        region: Region | None,
        parent_id: int | None = None,
        style: Style = NO_STYLE,
        source_ids: tuple[int, ...] = (),
    ) -> Draft:
        """Keep a new draft, shown in `place`; without a region nothing is chosen yet.

        `parent_id` and `source_ids` are as in a job.

        Raises UserError where a rule of the server forbids its words, its moderators keep the picture out, or the
        member could not hand it in today.
        """
        await self._jobs.kept_out.check(place.guild_id, image)
        parameters = await self._jobs.admitted(place.guild_id, parameters)
        await self._jobs.limits.check(user_id, place, parameters.num_images, at_once=False)
        mask = region.mask_image if region else Image.new("L", image.size, 0)
        image_key, mask_key = await asyncio.gather(self._files.put_picture(image), self._files.put_picture(mask))
        note = region.note if region else ""
        sources = source_ids + style.source_ids
        keys = (image_key, mask_key, note, parent_id, style.image_key)
        new = PaintRequest(user_id, place, parameters, *keys, style=style.name, source_ids=sources)
        return replace(await self._store.add(new), place=place)

    async def draft(self, draft_id: int, user_id: int) -> Draft:
        """Return a member's own draft. Raises UserError where it is gone, NotAllowedError where it is another's."""
        draft = await self._store.get(draft_id)
        if draft is None:
            raise UserError(_("This draft is gone; start anew with /inpaint."))
        if draft.user_id != user_id:
            raise NotAllowedError(_("This draft is another member's; start your own with /inpaint."))
        return draft

    async def sketch(self, draft: Draft, *, grid: bool = False) -> DraftPreview:
        """Return what the draft's card shows: picture and region, under a numbered grid where asked."""
        image, mask = await asyncio.gather(self._files.picture(draft.image_key), self._files.picture(draft.mask_key))
        soft = await asyncio.to_thread(feathered, mask, draft.feather)
        picture = await asyncio.to_thread(numbered if grid else shown, image, soft)
        url = self._paint_url(draft.id, draft.nonce) if self._paint_url else None
        part = await asyncio.to_thread(share, mask)
        return DraftPreview(picture, part, growth(image.size), self._remark(draft.parameters), url)

    async def reshape(self, draft: Draft, change: Callable[[Image.Image], Image.Image]) -> Draft:
        """Change a draft's region."""
        async with self._lock(draft):
            draft = await self.draft(draft.id, draft.user_id)
            mask = await asyncio.to_thread(change, await self._files.picture(draft.mask_key))
            return await self.choose(draft, Region(mask))

    async def choose(self, draft: Draft, region: Region) -> Draft:
        """Give a draft another region."""
        return await self._changed(draft, mask_key=await self._files.put_picture(region.mask_image), note=region.note)

    async def feather(self, draft: Draft) -> Draft:
        """Take the next width of the soft edge; after the widest comes a sharp one."""
        async with self._lock(draft):
            draft = await self.draft(draft.id, draft.user_id)
            widths = [*(width for width in FEATHERS if width > draft.feather), FEATHERS[0]]
            return await self._changed(draft, feather=widths[0])

    async def reword(self, draft: Draft, prompt: str, negative_prompt: str) -> Draft:
        """Give a draft other words."""
        words = {"prompt": checked_prompt(prompt), "negative_prompt": negative_prompt}
        parameters = await self._jobs.admitted(draft.place.guild_id, replace(draft.parameters, **words))
        return await self._changed(draft, parameters=parameters)

    async def show_in(self, draft: Draft, place: MessageRef) -> Draft:
        """Remember the newest interaction with a draft's card, by which the card can be edited."""
        values = {"message_id": place.message_id, "interaction_token": place.interaction_token}
        return await self._changed(draft, **values)

    async def discard(self, draft: Draft) -> None:
        """Let go of a draft."""
        await self._store.remove(draft.id)

    async def hand_in(self, draft: Draft, show: Callable[[], Awaitable[MessageRef]]) -> Job:
        """Make a job of a draft; `show` posts the message that will show the job.

        Raises MaskError where nothing is chosen, UserError where the draft was handed in before, or may not be. No
        message is shown for what is refused.
        """
        mask = await self._files.picture(draft.mask_key)
        if mask.getbbox() is None:
            raise MaskError(_("Nothing is chosen yet; say what to repaint, pick cells, or paint it."))
        await self._jobs.admitted(draft.place.guild_id, draft.parameters)
        await self._jobs.check_sources(_job_of(draft))
        await self._jobs.check(draft.user_id, draft.place, draft.parameters.num_images)
        mask_key = draft.mask_key
        if draft.feather:
            mask_key = await self._files.put_picture(await asyncio.to_thread(feathered, mask, draft.feather))
        if draft.id in self._handed_in:
            raise UserError(_("This draft was handed in already."))
        # Of two presses one shows a message; the draft itself is there until its job is.
        self._handed_in.add(draft.id)
        try:
            return await self._submit(draft, mask_key, await show())
        except DraftGoneError as error:
            raise UserError(_("This draft was handed in already.")) from error
        finally:
            self._handed_in.discard(draft.id)

    async def _submit(self, draft: Draft, mask_key: str, place: MessageRef) -> Job:
        note = "\n".join(filter(None, (draft.note, self._remark(draft.parameters))))
        new = replace(_job_of(draft), place=place, mask_key=mask_key, note=note)
        return await self._jobs.submit(new, draft.id)

    async def by_nonce(self, draft_id: int, nonce: str) -> Draft | None:
        """Return the draft whose painter link has not been used, or None."""
        draft = await self._store.get(draft_id)
        return draft if draft and draft.nonce == nonce else None

    async def files_of(self, draft: Draft) -> tuple[bytes, bytes]:
        """Return the draft's picture and its region, before its edge is softened, as PNG files."""
        return await self._files.get(draft.image_key), await self._files.get(draft.mask_key)

    async def take_painted(self, draft_id: int, nonce: str, mask: Image.Image, feather: int) -> bool:
        """Take a region that was painted on the page; return False where its link was used before or is too old."""
        mask_key = await self._files.put_picture(mask)
        if not await self._store.use_nonce(draft_id, nonce, mask_key=mask_key, feather=feather, note=""):
            return False
        draft = await self._store.get(draft_id)
        if draft and self.on_painted:
            await self.on_painted(draft)
        return True

    def _lock(self, draft: Draft) -> asyncio.Lock:
        """Return what is held while a draft is read and changed by what it was: of two presses at once, both count."""
        return self._locks.setdefault(draft.id, asyncio.Lock())

    async def _changed(self, draft: Draft, **values: object) -> Draft:
        changed = await self._store.change(draft.id, **values)
        if changed is None:
            raise UserError(_("This draft is gone; start anew with /inpaint."))
        return changed


def _job_of(draft: Draft) -> NewJob:
    return NewJob(
        draft.user_id,
        draft.place,
        draft.parameters,
        draft.image_key,
        draft.mask_key,
        draft.note,
        parent_id=draft.parent_id,
        style_key=draft.style_key,
        style=draft.style,
        source_ids=draft.source_ids,
    )


def growth(size: tuple[int, int]) -> int:
    """Return by how many pixels one press grows a region in a picture of this size."""
    return max(1, round(GROWTH * max(size)))
