"""Handlers of the buttons and select menus of challenges and ballots."""

from collections.abc import Iterable, Sequence

import discord

from bot.challenges.ballot_views import SHOWN, compared_card, pair_card, stars_card
from bot.challenges.models import Ballot, Challenge, ChallengeKind, Entry, Vote
from bot.challenges.ranking import next_pair
from bot.challenges.service import ChallengeService
from bot.challenges.views import EnterSelect, IntoSelect, WithdrawSelect, choice_card
from bot.core.errors import UserError
from bot.core.i18n import _
from bot.core.text import checked_prompt
from bot.database.file_store import FileStore
from bot.imaging.images import thumbnail
from bot.jobs.models import NewJob
from bot.jobs.service import JobService
from bot.platform.audiences import viewer_of
from bot.prompting.parameters import GUIDANCE_SCALE, STEPS, new_seed
from bot.studio.picture_actions import Results
from bot.ui.cards import Upload
from bot.ui.host import Interaction
from bot.ui.interactions import guild_of, placed
from bot.ui.modals import WordsModal
from engine.api.messages import GenerationParameters

# Pictures that a member can choose from; Discord accepts ten files in a message.
MAX_CHOICES = 10


class Participation:
    """Answers the interactions of members who take part; the rules are in `ChallengeService`."""

    def __init__(self, service: ChallengeService, jobs: JobService, results: Results, files: FileStore) -> None:
        self._service = service
        self._jobs = jobs
        self._results = results
        self._files = files

    async def take_part(self, interaction: Interaction, challenge_id: int, action: str) -> None:
        """Run the action of a button under a challenge: "paint", "enter", "mine" or "vote"."""
        match action:
            case "paint":
                await self._paint(interaction, challenge_id)
            case "enter":
                await self._choose_picture(interaction, challenge_id)
            case "mine":
                await self._choose_entry(interaction, challenge_id)
            case _:
                await interaction.response.defer(thinking=True, ephemeral=True)
                await self._show_ballot(interaction, *await self._ballot(interaction, challenge_id), page=0)

    async def enter(self, interaction: Interaction, challenge_id: int, creation_id: int) -> None:
        """Enter a picture of the member in a challenge and confirm it."""
        guild_id, viewer = guild_of(interaction).id, viewer_of(interaction)
        challenge = await self._service.enter(guild_id, challenge_id, viewer, creation_id)
        text = _("Picture {number} is in “{title}”. Good luck!", number=creation_id, title=challenge.title)
        if challenge.kind is ChallengeKind.RELAY:
            text += " " + _("Others may go on from it without asking you.")
        await interaction.response.send_message(text, ephemeral=True)

    async def enter_somewhere(self, interaction: Interaction, creation_id: int) -> None:
        """Enter a picture in the open challenge; if several are open, let the member choose one."""
        guild_id = guild_of(interaction).id
        challenges = await self._service.open_for(guild_id, viewer_of(interaction), creation_id)
        if len(challenges) == 1:
            await self.enter(interaction, challenges[0].id, creation_id)
            return
        card = choice_card(_("Several challenges are open."), IntoSelect(creation_id, challenges))
        await interaction.response.send_message(view=card.view, ephemeral=True)

    async def withdraw(self, interaction: Interaction, entry_id: int) -> None:
        """Withdraw an entry of the member and confirm it."""
        challenge = await self._service.withdraw(guild_of(interaction).id, entry_id, interaction.user.id)
        text = _("Withdrawn from “{title}”.", title=challenge.title)
        await interaction.response.send_message(text, ephemeral=True)

    async def turn(self, interaction: Interaction, challenge_id: int, page: int) -> None:
        """Show another page of the ballot in the same message."""
        await interaction.response.defer()
        await self._show_ballot(interaction, *await self._ballot(interaction, challenge_id), page=page)

    async def star(self, interaction: Interaction, challenge_id: int, page: int, entry_id: int) -> None:
        """Toggle the member's star for an entry and update the ballot."""
        await interaction.response.defer()
        challenge, order, votes = await self._ballot(interaction, challenge_id)
        votes = await self._service.star(challenge, order, votes, interaction.user.id, entry_id)
        await self._show_ballot(interaction, challenge, order, votes, page=page)

    async def prefer(self, interaction: Interaction, challenge_id: int, chosen_id: int, other_id: int) -> None:
        """Store which of two entries the member prefers and show the next pair."""
        await interaction.response.defer()
        challenge, order, votes = await self._ballot(interaction, challenge_id)
        votes = await self._service.prefer(challenge, order, votes, interaction.user.id, chosen_id, other_id)
        await self._show_ballot(interaction, challenge, order, votes, page=0)

    async def _ballot(
        self, interaction: Interaction, challenge_id: int
    ) -> tuple[Challenge, Sequence[Entry], Sequence[Vote]]:
        member = interaction.user
        joined_at = member.joined_at if isinstance(member, discord.Member) else None
        return await self._service.ballot(guild_of(interaction).id, challenge_id, viewer_of(interaction), joined_at)

    async def _show_ballot(
        self,
        interaction: Interaction,
        challenge: Challenge,
        order: Sequence[Entry],
        votes: Sequence[Vote],
        *,
        page: int,
    ) -> None:
        own = [vote for vote in votes if vote.user_id == interaction.user.id]
        if challenge.ballot is Ballot.STARS:
            part = order[page * SHOWN : (page + 1) * SHOWN]
            files = await self._entry_uploads(part, page * SHOWN + 1)
            card = stars_card(challenge, order, {vote.chosen_id for vote in own}, page, files)
        else:
            pair = next_pair(order, votes, interaction.user.id)
            card = (
                pair_card(challenge, pair, len(own), await self._entry_uploads(pair, 1))
                if pair
                else compared_card(challenge)
            )
        await interaction.edit_original_response(**card.as_edit())

    async def _entry_uploads(self, entries: Sequence[Entry], first: int) -> tuple[Upload, ...]:
        """Return thumbnails of entries, numbered from `first`, whose file names do not identify the makers."""
        return tuple(
            [
                Upload(
                    f"{number}.webp",
                    await self._files.derived(each.file_key, thumbnail),
                    _("Entry {number}", number=number),
                    each.is_spoiler,
                )
                for number, each in enumerate(entries, first)
            ]
        )

    async def _paint(self, interaction: Interaction, challenge_id: int) -> None:
        guild_id = guild_of(interaction).id
        challenge, last = await self._service.painting(guild_id, challenge_id, viewer_of(interaction))
        if challenge.kind is ChallengeKind.RELAY:
            if last is None:
                raise UserError(_("You are the first: make any picture on the theme, then enter it."))
            await self._results.go_on(interaction, last.creation_id, "remix")
            return

        async def begin(interaction: Interaction, prompt: str) -> None:
            parameters = GenerationParameters(
                prompt=checked_prompt(prompt),
                guidance_scale=GUIDANCE_SCALE,
                num_inference_steps=STEPS,
                seed=new_seed(),
            )
            place = await placed(interaction)
            keys = (challenge.image_key, challenge.mask_key)
            await self._jobs.submit(NewJob(interaction.user.id, place, parameters, *keys))

        modal = WordsModal(challenge.title[:45], _("What the region shall show"), "", begin)
        await interaction.response.send_modal(modal)

    async def _choose_picture(self, interaction: Interaction, challenge_id: int) -> None:
        guild_id = guild_of(interaction).id
        challenge, creations = await self._service.fitting(guild_id, challenge_id, viewer_of(interaction))
        await interaction.response.defer(thinking=True, ephemeral=True)
        creations = creations[:MAX_CHOICES]
        files = [
            Upload(
                f"{each.id}.webp",
                await self._files.derived(each.file_key, thumbnail),
                _("Picture {number}", number=each.id),
                each.is_spoiler,
            )
            for each in creations
        ]
        text = _("Your pictures that fit, the newest first: {numbers}", numbers=_numbers(each.id for each in creations))
        card = choice_card(text, EnterSelect(challenge.id, creations), files)
        await interaction.edit_original_response(**card.as_edit())

    async def _choose_entry(self, interaction: Interaction, challenge_id: int) -> None:
        challenge = await self._service.challenge(guild_of(interaction).id, challenge_id)
        own = [each for each in await self._service.entries(challenge.id) if each.user_id == interaction.user.id]
        if not own:
            raise UserError(_("You have entered nothing here."))
        text = _("Your entries: {numbers}", numbers=_numbers(each.creation_id for each in own))
        card = choice_card(text, WithdrawSelect(own))
        await interaction.response.send_message(view=card.view, ephemeral=True)


def _numbers(ids: Iterable[int]) -> str:
    return ", ".join(map(str, ids))
