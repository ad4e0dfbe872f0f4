"""Rules of drafts: creating, changing, previewing and submitting them."""

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
from engine.api.messages import GenerationParameters

# Widths of the soft edge in pixels of the picture.
FEATHERS = (0, 4, 8, 16, 32, 64)
# Width that one press of Grow or Shrink adds or removes, as a fraction of the picture's longer side.
GROWTH = 0.015

Painted = Callable[[Draft], Awaitable[None]]


class DraftService:
    """The interface to drafts for commands, buttons and the painter's page.

    `remark` returns a note for the member on their prompt, or an empty string. `paint_url` returns the link to the
    painter's page for a draft's id and nonce; it is None if the bot has no public address. `on_painted` is called with
    the draft after its region was painted on that page.
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
        """Store a new draft, shown in the message `place`; without a region its mask is empty.

        `parent_id` and `source_ids` are those of `bot.jobs.models.NewJob`.

        Raises UserError if a prompt rule of the server forbids the prompt, its moderators keep the picture out, or the
        limits would not allow the member to submit it today.
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
        """Return a member's own draft.

        Raises UserError if it is gone, and NotAllowedError if it is another member's.
        """
        draft = await self._store.get(draft_id)
        if draft is None:
            raise UserError(_("This draft is gone; start anew with /inpaint."))
        if draft.user_id != user_id:
            raise NotAllowedError(_("This draft is another member's; start your own with /inpaint."))
        return draft

    async def sketch(self, draft: Draft, *, grid: bool = False) -> DraftPreview:
        """Render the preview for the draft's card, with the region tinted; with `grid`, under a numbered grid."""
        image, mask = await asyncio.gather(self._files.picture(draft.image_key), self._files.picture(draft.mask_key))
        soft_mask = await asyncio.to_thread(feathered, mask, draft.feather)
        picture = await asyncio.to_thread(numbered if grid else shown, image, soft_mask)
        url = self._paint_url(draft.id, draft.nonce) if self._paint_url else None
        repainted = await asyncio.to_thread(share, mask)
        return DraftPreview(picture, repainted, growth(image.size), self._remark(draft.parameters), url)

    async def reshape(self, draft: Draft, change: Callable[[Image.Image], Image.Image]) -> Draft:
        """Replace a draft's mask by `change(mask)`, which runs in a thread. Raises UserError if the draft is gone."""
        async with self._lock(draft):
            draft = await self.draft(draft.id, draft.user_id)
            mask = await asyncio.to_thread(change, await self._files.picture(draft.mask_key))
            return await self.choose(draft, Region(mask))

    async def choose(self, draft: Draft, region: Region) -> Draft:
        """Store another region for a draft, with its note. Raises UserError if the draft is gone."""
        return await self._change(draft, mask_key=await self._files.put_picture(region.mask_image), note=region.note)

    async def feather(self, draft: Draft) -> Draft:
        """Set the soft edge to the next width of FEATHERS, or to 0 after the widest."""
        async with self._lock(draft):
            draft = await self.draft(draft.id, draft.user_id)
            widths = [*(width for width in FEATHERS if width > draft.feather), FEATHERS[0]]
            return await self._change(draft, feather=widths[0])

    async def reword(self, draft: Draft, prompt: str, negative_prompt: str) -> Draft:
        """Replace a draft's prompts.

        Raises UserError if the prompt is empty, a prompt rule of the server forbids it, or the draft is gone.
        """
        words = {"prompt": checked_prompt(prompt), "negative_prompt": negative_prompt}
        parameters = await self._jobs.admitted(draft.place.guild_id, replace(draft.parameters, **words))
        return await self._change(draft, parameters=parameters)

    async def show_in(self, draft: Draft, place: MessageRef) -> Draft:
        """Store the message and the newest interaction token of a draft's card, by which it can be edited later."""
        values = {"message_id": place.message_id, "interaction_token": place.interaction_token}
        return await self._change(draft, **values)

    async def discard(self, draft: Draft) -> None:
        """Delete a draft, if it still exists."""
        await self._store.remove(draft.id)

    async def hand_in(self, draft: Draft, show: Callable[[], Awaitable[MessageRef]]) -> Job:
        """Submit a draft as a job; `show` posts the message that will show the job.

        `show` is called only after all checks have passed. Raises MaskError if the mask is empty, and UserError if the
        draft was submitted before or `JobService` refuses the job.
        """
        mask = await self._files.picture(draft.mask_key)
        if mask.getbbox() is None:
            raise MaskError(_("Nothing is chosen yet; say what to repaint, pick cells, or paint it."))
        await self._jobs.admitted(draft.place.guild_id, draft.parameters)
        await self._jobs.check_sources(_new_job(draft))
        await self._jobs.check(draft.user_id, draft.place, draft.parameters.num_images)
        mask_key = draft.mask_key
        if draft.feather:
            mask_key = await self._files.put_picture(await asyncio.to_thread(feathered, mask, draft.feather))
        if draft.id in self._handed_in:
            raise UserError(_("This draft was handed in already."))
        # The row is deleted only when the job is accepted, so this keeps a second press from posting a message too.
        self._handed_in.add(draft.id)
        try:
            return await self._submit_job(draft, mask_key, await show())
        except DraftGoneError as error:
            raise UserError(_("This draft was handed in already.")) from error
        finally:
            self._handed_in.discard(draft.id)

    async def _submit_job(self, draft: Draft, mask_key: str, place: MessageRef) -> Job:
        note = "\n".join(filter(None, (draft.note, self._remark(draft.parameters))))
        new = replace(_new_job(draft), place=place, mask_key=mask_key, note=note)
        return await self._jobs.submit(new, draft.id)

    async def by_nonce(self, draft_id: int, nonce: str) -> Draft | None:
        """Return the draft if `nonce` is still that of its painter link, or None."""
        draft = await self._store.get(draft_id)
        return draft if draft and draft.nonce == nonce else None

    async def files_of(self, draft: Draft) -> tuple[bytes, bytes]:
        """Return the draft's picture and its mask, without the soft edge, as PNG files."""
        return await self._files.get(draft.image_key), await self._files.get(draft.mask_key)

    async def take_painted(self, draft_id: int, nonce: str, mask: Image.Image, feather: int) -> bool:
        """Store a mask and a feather width from the painter's page, and call `on_painted`.

        The link is used up by this. Return False if it was used before or the draft is gone.
        """
        mask_key = await self._files.put_picture(mask)
        if not await self._store.use_nonce(draft_id, nonce, mask_key=mask_key, feather=feather, note=""):
            return False
        draft = await self._store.get(draft_id)
        if draft and self.on_painted:
            await self.on_painted(draft)
        return True

    def _lock(self, draft: Draft) -> asyncio.Lock:
        """Return the lock for changes that depend on the stored draft, so that two concurrent presses both count."""
        return self._locks.setdefault(draft.id, asyncio.Lock())

    async def _change(self, draft: Draft, **values: object) -> Draft:
        changed = await self._store.change(draft.id, **values)
        if changed is None:
            raise UserError(_("This draft is gone; start anew with /inpaint."))
        return changed


def _new_job(draft: Draft) -> NewJob:
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
    """Return the pixels, 1 or more, by which one press of Grow grows a region in a picture of size (width, height)."""
    return max(1, round(GROWTH * max(size)))
