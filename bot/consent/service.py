"""Consent: whether the makers of pictures let a member go on from them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from bot.consent.store import PermitStore
from bot.core.errors import AskFirstError, NotAllowedError, UserError
from bot.core.i18n import _
from bot.creations.models import Creation
from bot.settings.service import SettingsService


class Consent:
    """Checks every picture that a submitted job is made from.

    `given_away` returns those of some pictures whose makers gave them to everybody, as to a challenge. `clock` returns
    the time, in UTC.
    """

    def __init__(
        self,
        permits: PermitStore,
        settings: SettingsService,
        clock: Callable[[], datetime],
    ) -> None:
        self._permits = permits
        self._settings = settings
        self.given_away: Callable[[Sequence[Creation]], Awaitable[set[int]]] = _none
        self._clock = clock

    async def check(self, user_id: int, sources: Sequence[Creation]) -> None:
        """Return where a member may go on from all of these pictures; their own need no consent.

        Of several pictures of one job, the maker's leave for one is enough, unless they said no to another of these.
        Raises AskFirstError with the pictures whose makers have to be asked, NotAllowedError where a maker lets nobody
        go on or has said no, and UserError where a picture was removed or is held back.
        """
        others = [each for each in sources if each.user_id != user_id]
        makers = {each.user_id: await self._settings.preferences(each.user_id) for each in others}
        for each in others:
            if not each.is_shown:
                raise UserError(
                    _("Picture {number}, which you go on from, is no longer in the gallery.", number=each.id)
                )
            if makers[each.user_id].no_remix:
                raise NotAllowedError(_("The maker of picture {number} lets nobody go on from it.", number=each.id))
        asking = [each for each in others if makers[each.user_id].ask_first]
        if asking:
            given = await self.given_away(sources)
            await self._check_permits(user_id, [each for each in asking if each.id not in given])

    async def allows_remix(self, user_id: int) -> bool:
        """Return whether others may go on from a member's pictures, at once or after asking."""
        return not (await self._settings.preferences(user_id)).no_remix

    async def _check_permits(self, user_id: int, pictures: Sequence[Creation]) -> None:
        permits = await self._permits.of(user_id, [each.id for each in pictures])
        settled = {each.job_id for each in pictures if each.id in permits and permits[each.id].is_allowed}
        missing: dict[int, Creation] = {}
        for each in pictures:
            permit = permits.get(each.id)
            if permit and permit.refused_until and permit.refused_until > self._clock():
                raise NotAllowedError(
                    _(
                        "The maker of picture {number} has said no; you can ask again {time}.",
                        number=each.id,
                        time=f"<t:{permit.refused_until.timestamp():.0f}:R>",
                    )
                )
            # A no to this one outweighs a yes to another.
            if each.job_id in settled and not (permit and permit.refused_until):
                continue
            # A request that is open already is not asked a second time by another picture of the same job.
            if permit or each.job_id not in missing:
                missing[each.job_id] = each
        if missing:
            raise AskFirstError(
                _(
                    "The makers of these pictures want to be asked first: {numbers}.",
                    numbers=", ".join(str(each.id) for each in missing.values()),
                ),
                [each.id for each in missing.values()],
            )


async def _none(_sources: Sequence[Creation]) -> set[int]:
    return set()
