"""Consent: whether the makers of pictures let a member go on from them."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.challenges.models import ChallengeKind, last_entry
from bot.challenges.store import ChallengeStore
from bot.consent.store import PermitStore
from bot.core.errors import AskFirstError, NotAllowedError, UserError
from bot.core.i18n import _
from bot.creations.models import Creation
from bot.creations.source_store import SourceStore
from bot.database.states import ChallengeState
from bot.settings.service import SettingsService


class Consent:
    """Asked where a job is handed in, about every picture that it is made from. `clock` tells what time it is."""

    def __init__(
        self,
        permits: PermitStore,
        settings: SettingsService,
        challenges: ChallengeStore,
        sources: SourceStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._permits = permits
        self._settings = settings
        self._challenges = challenges
        self._sources = sources
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
            given = await self._given_to_challenges(sources)
            await self._check_permits(user_id, [each for each in asking if each.id not in given])

    async def may_enter(self, user_id: int, kind: ChallengeKind) -> bool:
        """Return whether a member's pictures can be entered: in a relay others go on from them."""
        return kind is not ChallengeKind.RELAY or not (await self._settings.preferences(user_id)).no_remix

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

    async def _given_to_challenges(self, sources: Sequence[Creation]) -> set[int]:
        """Return the pictures that their makers gave to open challenges, for others to go on from.

        By entering a relay, members let the next ones go on from their picture, and from what is left of it in the last
        entry.
        A host who gives a picture of their own as a canvas lets all go on from it; one of somebody else is not theirs
        to give.
        """
        source_ids = {each.id for each in sources}
        given: set[int] = set()
        for challenge in await self._challenges.running(sources[0].guild_id, ChallengeState.OPEN):
            if challenge.ends_at <= self._clock():
                continue
            canvas = (challenge.source_id, challenge.user_id)
            given |= {each.id for each in sources if (each.id, each.user_id) == canvas}
            if challenge.kind is ChallengeKind.RELAY:
                entries = await self._challenges.entries(challenge.id)
                last = last_entry(entries)
                if last and last.creation_id in source_ids:
                    left = await self._sources.kept_in([last.creation_id])
                    given |= left & {each.creation_id for each in entries if not each.disqualified}
        return given
