"""Jobs from prompts and from pictures: variations, zoom and pan, remixes, and rerolls."""

from collections.abc import Callable
from dataclasses import replace

from bot.core.audience import Audience
from bot.core.errors import NotAllowedError, UserError
from bot.core.i18n import _
from bot.core.message_ref import MessageRef
from bot.core.text import checked_prompt
from bot.creations.models import Creation
from bot.creations.store import CreationStore
from bot.jobs.models import Job, Margins, NewJob
from bot.jobs.service import JobService
from bot.jobs.store import JobStore
from bot.prompting.parameters import new_seed
from bot.styles.models import NO_STYLE, Style
from engine.api.messages import GenerationParameters

# Strengths, 0 to 1.
SUBTLE, STRONG, REMIXED, ENLARGED = 0.45, 0.75, 0.7, 0.3
VARIATIONS = 4
# Maximum width and height of an outpainted picture, in pixels.
LONGEST_SIDE = 2048
# Width or height that one pan adds, as a share of the picture's side.
PAN = 0.5
FARTHEST_ZOOM = 3.0


def again(parameters: GenerationParameters, strength: float = 1.0) -> GenerationParameters:
    """Return a picture's parameters for one new picture, with a new seed and the model's own size."""
    return replace(parameters, seed=new_seed(), strength=strength, num_images=1, width=0, height=0, chaos=1.0)


class Studio:
    """Submits jobs from prompts and from creations; a job from a creation stores it as its parent.

    `remark` returns a note for the member about their prompt, or an empty string.
    """

    def __init__(
        self,
        store: JobStore,
        creations: CreationStore,
        jobs: JobService,
        remark: Callable[[GenerationParameters], str],
    ) -> None:
        self._store = store
        self._remark = remark
        self._creations = creations
        self._jobs = jobs
        self._margins: dict[str, Callable[[int, int], Margins]] = {
            "zoom": lambda width, height: _zoom_margins(width, height, 1.5),
            "double": lambda width, height: _zoom_margins(width, height, 2.0),
            "left": lambda width, _height: (round(PAN * width), 0, 0, 0),
            "up": lambda _width, height: (0, round(PAN * height), 0, 0),
            "right": lambda width, _height: (0, 0, round(PAN * width), 0),
            "down": lambda _width, height: (0, 0, 0, round(PAN * height)),
            "square": lambda width, height: _symmetric_margins(
                max(0, height - width) // 2, max(0, width - height) // 2
            ),
        }

    async def imagine(
        self,
        user_id: int,
        place: MessageRef,
        parameters: GenerationParameters,
        style: Style = NO_STYLE,
        image_key: str = "",
        source_ids: tuple[int, ...] = (),
    ) -> Job:
        """Submit a job from a prompt.

        `image_key` is the file of a source image, if any, and `source_ids` are the creations it was made from.
        """
        new = NewJob(
            user_id,
            place,
            parameters,
            image_key,
            note=self._remark(parameters),
            style_key=style.image_key,
            style=style.name,
            source_ids=source_ids + style.source_ids,
        )
        return await self._jobs.submit(new)

    async def check_sources(self, user_id: int, creation: Creation, readers: Audience) -> None:
        """Raise UserError if `JobService.submit` would reject the sources of a job from this picture.

        Call it before asking the member for the details of such a job.
        """
        place = MessageRef(creation.guild_id, creation.channel_id, 0, "", readers=readers)
        new = NewJob(user_id, place, GenerationParameters(""), creation.file_key, parent_id=creation.id)
        await self._jobs.check_sources(new)

    async def go_on(self, user_id: int, place: MessageRef, creation_id: int, action: str) -> Job:
        """Submit the job of a button under a creation: enlarge, subtle, strong, or one of `self._margins`.

        Raises UserError if the action is unknown, the picture is not visible or square already, or an outpainted
        picture would be larger than LONGEST_SIDE.
        """
        creation, parameters = await self._creations.visible_creation(
            place.guild_id, creation_id, place.viewer or place.same_channel
        )
        base = again(parameters)
        match action:
            case "enlarge":
                larger = replace(base, strength=ENLARGED, width=2 * creation.width, height=2 * creation.height)
                return await self._submit(user_id, place, larger, creation)
            case "subtle" | "strong":
                strength = SUBTLE if action == "subtle" else STRONG
                return await self._submit(
                    user_id, place, replace(base, strength=strength, num_images=VARIATIONS), creation
                )
            case _ if action in self._margins:
                margins = self._margins[action](creation.width, creation.height)
                return await self._outpaint(user_id, place, base, creation, margins)
        raise UserError(_("That button is from another time; ask for the picture anew."))

    async def zoom(self, user_id: int, place: MessageRef, creation_id: int, factor: float) -> Job:
        """Submit an outpainting on all sides; the new picture is `factor` times as wide and high.

        Raises UserError unless 1 < `factor` <= FARTHEST_ZOOM.
        """
        if not 1 < factor <= FARTHEST_ZOOM:
            raise UserError(_("Zoom out by more than 1 and up to {most}.", most=f"{FARTHEST_ZOOM:g}"))
        creation, parameters = await self._creations.visible_creation(
            place.guild_id, creation_id, place.viewer or place.same_channel
        )
        margins = _zoom_margins(creation.width, creation.height, factor)
        return await self._outpaint(user_id, place, again(parameters), creation, margins)

    async def reroll(self, user_id: int, place: MessageRef, job_id: int) -> Job:
        """Submit a job again with a new seed.

        Raises UserError if the job is gone, and NotAllowedError if none of its pictures is left and somebody else asked
        for it.
        """
        job = await self._store.job(job_id)
        if job is None or job.place.guild_id != place.guild_id:
            raise UserError(_("That job is gone; ask for the picture anew."))
        if job.user_id != user_id and not await self._creations.creations_of(job_id):
            raise NotAllowedError(
                _("No picture of that job is left; only the member who asked for it can do it once more.")
            )
        parameters = replace(job.parameters, seed=new_seed())
        pictures = {"image_key": job.image_key, "mask_key": job.mask_key, "style_key": job.style_key}
        new = NewJob(user_id, place, parameters, margins=job.margins, parent_id=job.parent_id, style=job.style)
        return await self._jobs.submit(replace(new, **pictures, reroll_of=job.id))

    async def remix(
        self,
        user_id: int,
        place: MessageRef,
        creation_id: int,
        parameters: GenerationParameters,
        image_key: str = "",
        style: Style = NO_STYLE,
        source_ids: tuple[int, ...] = (),
    ) -> Job:
        """Submit a remix of a picture with these parameters and their strength.

        `image_key` replaces the picture as the source image; `source_ids` are the creations that file was made from.
        """
        creation, _parameters = await self._creations.visible_creation(
            place.guild_id, creation_id, place.viewer or place.same_channel
        )
        new = NewJob(
            user_id,
            place,
            again(parameters, parameters.strength),
            image_key or creation.file_key,
            note=self._remark(parameters),
            parent_id=creation.id,
            style_key=style.image_key,
            style=style.name,
            source_ids=source_ids + style.source_ids,
        )
        return await self._jobs.submit(new)

    async def in_style_of(self, user_id: int, place: MessageRef, creation_id: int, prompt: str) -> Job:
        """Submit a job with a new prompt and a picture as its style."""
        creation, before = await self._creations.visible_creation(
            place.guild_id, creation_id, place.viewer or place.same_channel
        )
        parameters = replace(again(before), prompt=checked_prompt(prompt))
        note = self._remark(parameters)
        new = NewJob(user_id, place, parameters, note=note, parent_id=creation.id, style_key=creation.file_key)
        return await self._jobs.submit(new)

    async def before_remix(self, guild_id: int, creation_id: int, audience: Audience) -> GenerationParameters:
        """Return the initial parameters of a remix: those of the picture, with strength REMIXED."""
        _creation, parameters = await self._creations.visible_creation(guild_id, creation_id, audience)
        return replace(parameters, strength=REMIXED)

    async def _outpaint(
        self, user_id: int, place: MessageRef, parameters: GenerationParameters, creation: Creation, margins: Margins
    ) -> Job:
        if not any(margins):
            raise UserError(_("That picture is square already."))
        left, top, right, bottom = margins
        if max(creation.width + left + right, creation.height + top + bottom) > LONGEST_SIDE:
            raise UserError(
                _("That would be larger than {most} pixels; go on from a smaller picture.", most=LONGEST_SIDE)
            )
        return await self._submit(user_id, place, parameters, creation, margins)

    async def _submit(
        self,
        user_id: int,
        place: MessageRef,
        parameters: GenerationParameters,
        creation: Creation,
        margins: Margins = (0, 0, 0, 0),
    ) -> Job:
        new = NewJob(user_id, place, parameters, creation.file_key, margins=margins, parent_id=creation.id)
        return await self._jobs.submit(new)


def _zoom_margins(width: int, height: int, factor: float) -> Margins:
    return _symmetric_margins(*(round((factor - 1) / 2 * side) for side in (width, height)))


def _symmetric_margins(horizontal: int, vertical: int) -> Margins:
    return (horizontal, vertical, horizontal, vertical)
