"""The rules of consent: whether a member may make pictures from those of other members."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from bot.consent.store import PermitStore
from bot.core.errors import AskFirstError, NotAllowedError, UserError
from bot.core.i18n import _
from bot.creations.models import Creation
from bot.settings.service import SettingsService


class Consent:
    """Checks at submission of a job that the makers of all its source pictures consent. `clock` returns the time."""

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
        """Check that a member may make a picture from all of these pictures; their own need no consent.

        If several of the pictures come from one job, permission for one of them is enough, unless the maker refused
        another of them. Raises AskFirstError with the pictures whose makers have to be asked, NotAllowedError if a
        maker forbids remixes of their pictures or has refused, and UserError if a picture was removed or is held.
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
        """Return whether a member may enter pictures in a challenge of this kind.

        A member who forbids remixes can't enter a relay, in which others continue from the entries.
        """
        return not (await self._settings.preferences(user_id)).no_remix

    async def _check_permits(self, user_id: int, pictures: Sequence[Creation]) -> None:
        permits = await self._permits.of(user_id, [each.id for each in pictures])
        allowed_jobs = {each.job_id for each in pictures if each.id in permits and permits[each.id].is_allowed}
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
            # The refusal of this picture, even one that has expired, outweighs the permission for another of its job.
            if each.job_id in allowed_jobs and not (permit and permit.refused_until):
                continue
            # List one picture per job, preferably one with a request, so that the maker isn't asked about another one.
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
