"""Command group /challenge: create, run and take part in challenges."""

from collections.abc import Callable
from datetime import datetime, timedelta

import discord
from discord import app_commands
from discord.ext import commands

from bot.challenges.controller import Participation
from bot.challenges.models import Ballot, ChallengeKind, NewChallenge
from bot.challenges.service import ChallengeService
from bot.challenges.views import challenges_card
from bot.core.errors import NotAllowedError, UserError
from bot.core.i18n import N_, _
from bot.core.text import cleaned
from bot.creations.given_pictures import GivenPictures
from bot.database.file_store import FileStore
from bot.drafts.controller import Chosen, DraftCards
from bot.platform.audiences import readers_of, viewer_of
from bot.studio.service import Studio
from bot.ui.host import Interaction
from bot.ui.interactions import guild_of

KIND_CHOICES = [
    app_commands.Choice(name=N_("anything on the theme"), value=ChallengeKind.PROMPT.value),
    app_commands.Choice(name=N_("the same picture and region for everyone"), value=ChallengeKind.CANVAS.value),
    app_commands.Choice(name=N_("a relay of remixes"), value=ChallengeKind.RELAY.value),
]
BALLOT_CHOICES = [
    app_commands.Choice(name=N_("stars"), value=Ballot.STARS.value),
    app_commands.Choice(name=N_("pair by pair"), value=Ballot.PAIRS.value),
]
MAX_HOURS = 24 * 30
WEEK_DAYS = 7


class Challenges(commands.GroupCog, group_name="challenge", group_description="Challenges of this server"):
    """Commands that check permissions and read options; the rules are in `ChallengeService`."""

    def __init__(
        self,
        service: ChallengeService,
        participation: Participation,
        cards: DraftCards,
        files: FileStore,
        given: GivenPictures,
        studio: Studio,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self._given = given
        self._studio = studio
        self._service = service
        self._participation = participation
        self._cards = cards
        self._files = files
        self._clock = clock

    @app_commands.command(name="create", description="Hold a challenge in this channel")
    @app_commands.describe(
        title="What it is called",
        theme="What the pictures shall be about",
        kind="What an entry must be",
        hours="How long pictures can be entered",
        voting_hours="How long one can vote afterwards",
        starts_in="In how many hours it begins",
        ballot="How members vote",
        entries_each="How many pictures a member may enter",
        rules="What else one should know",
        image="For one picture for everyone: the picture",
        region="For one picture for everyone: the region, such as left, subject, the red car",
        mask="Instead of a region: a mask, white is repainted",
        role="What the winner gets",
        member_days="Who votes must have been a member for so many days when it began",
        weekly="It comes again every week",
        themes="The themes of the following weeks, with semicolons between them",
    )
    @app_commands.choices(kind=KIND_CHOICES, ballot=BALLOT_CHOICES)
    async def create(
        self,
        interaction: Interaction,
        title: app_commands.Range[str, 1, 80],
        theme: app_commands.Range[str, 1, 500],
        kind: str = ChallengeKind.PROMPT.value,
        hours: app_commands.Range[int, 1, MAX_HOURS] = 48,
        voting_hours: app_commands.Range[int, 1, MAX_HOURS] = 24,
        starts_in: app_commands.Range[int, 0, MAX_HOURS] = 0,
        ballot: str = Ballot.STARS.value,
        entries_each: app_commands.Range[int, 1, 10] = 1,
        rules: app_commands.Range[str, 0, 500] = "",
        image: discord.Attachment | None = None,
        region: app_commands.Range[str, 1, 100] | None = None,
        mask: discord.Attachment | None = None,
        role: discord.Role | None = None,
        member_days: app_commands.Range[int, 0, 365] = 0,
        weekly: bool = False,
        themes: app_commands.Range[str, 0, 1000] = "",
    ) -> None:
        """Check the options and plan the challenge."""
        _check_manages_events(interaction)
        if role:
            _check_can_award(interaction, role)
        if weekly and starts_in + hours > WEEK_DAYS * 24:
            raise UserError(_("A weekly challenge can't take entries for more than a week."))
        await interaction.response.defer(thinking=True, ephemeral=True)
        image_key, mask_key, source_id = await self._canvas(
            interaction, ChallengeKind(kind), image, Chosen(mask, region)
        )
        begins = self._clock() + timedelta(hours=starts_in)
        ends = begins + timedelta(hours=hours)
        new = NewChallenge(
            guild_id=guild_of(interaction).id,
            channel_id=interaction.channel_id or 0,
            user_id=interaction.user.id,
            title=title,
            theme=theme,
            rules=rules,
            kind=ChallengeKind(kind),
            ballot=Ballot(ballot),
            starts_at=begins,
            ends_at=ends,
            voting_ends_at=ends + timedelta(hours=voting_hours),
            entries_each=entries_each,
            member_days=member_days,
            role_id=role.id if role else 0,
            image_key=image_key,
            mask_key=mask_key,
            source_id=source_id,
            every_days=WEEK_DAYS if weekly else 0,
            themes=tuple(themes.split(";")),
        )
        challenge = await self._service.create(new)
        text = _("Challenge {number} is planned; I announce it in this channel.", number=challenge.id)
        await interaction.edit_original_response(content=text)

    @app_commands.command(name="list", description="The challenges of this server")
    async def list(self, interaction: Interaction) -> None:
        """Send the newest challenges that the member can view, as an ephemeral message."""
        challenges = await self._service.newest(guild_of(interaction).id, viewer_of(interaction))
        await interaction.response.send_message(view=challenges_card(challenges).view, ephemeral=True)

    @app_commands.command(name="enter", description="Enter one of your pictures in a challenge")
    @app_commands.describe(challenge="Its number; `/challenge list` shows it", picture="The number of your picture")
    async def enter_command(self, interaction: Interaction, challenge: int, picture: int | None = None) -> None:
        """Enter the picture; without a number, let the member choose one."""
        if picture is None:
            await self._participation.take_part(interaction, challenge, "enter")
        else:
            await self._participation.enter(interaction, challenge, picture)

    @app_commands.command(name="withdraw", description="Take one of your entries back, before the voting")
    @app_commands.describe(challenge="Its number; `/challenge list` shows it")
    async def withdraw_command(self, interaction: Interaction, challenge: int) -> None:
        """Let the member choose the entry to withdraw."""
        await self._participation.take_part(interaction, challenge, "mine")

    @app_commands.command(name="vote", description="Vote in a challenge")
    @app_commands.describe(challenge="Its number; `/challenge list` shows it")
    async def vote(self, interaction: Interaction, challenge: int) -> None:
        """Send the member's ballot as an ephemeral message."""
        await self._participation.take_part(interaction, challenge, "vote")

    @app_commands.command(name="extend", description="Give a challenge more time")
    @app_commands.describe(challenge="Its number; `/challenge list` shows it", hours="How many hours more")
    async def extend(
        self, interaction: Interaction, challenge: int, hours: app_commands.Range[int, 1, MAX_HOURS]
    ) -> None:
        """Extend the current period, entries or votes, by some hours."""
        _check_manages_events(interaction)
        longer = await self._service.extend(guild_of(interaction).id, challenge, hours)
        text = _("“{title}” has more time now.", title=longer.title)
        await interaction.response.send_message(text, ephemeral=True)

    @app_commands.command(name="cancel", description="Cancel a challenge, with those that would follow it")
    @app_commands.describe(challenge="Its number; `/challenge list` shows it", reason="Why; it is shown to everyone")
    async def cancel(self, interaction: Interaction, challenge: int, reason: app_commands.Range[str, 1, 300]) -> None:
        """Cancel the challenge and show the reason in its announcement."""
        _check_manages_events(interaction)
        cancelled = await self._service.cancel(guild_of(interaction).id, challenge, cleaned(reason))
        text = _("“{title}” is cancelled.", title=cancelled.title)
        await interaction.response.send_message(text, ephemeral=True)

    @app_commands.command(name="disqualify", description="Keep an entry out of a challenge")
    @app_commands.describe(
        challenge="Its number; `/challenge list` shows it", picture="The entry's picture", reason="Why"
    )
    async def disqualify(
        self, interaction: Interaction, challenge: int, picture: int, reason: app_commands.Range[str, 1, 300]
    ) -> None:
        """Exclude an entry from the voting and the result."""
        _check_manages_events(interaction)
        guild_id = guild_of(interaction).id
        await self._service.disqualify(guild_id, challenge, picture, cleaned(reason))
        text = _("Picture {number} is out of the challenge.", number=picture)
        await interaction.response.send_message(text, ephemeral=True)

    async def _canvas(
        self, interaction: Interaction, kind: ChallengeKind, image: discord.Attachment | None, chosen: Chosen
    ) -> tuple[str, str, int | None]:
        """Return the image key, mask key and source id of a CANVAS challenge; ("", "", None) for the other kinds.

        Raises UserError if a picture or a region is missing, given for another kind, or not allowed as a source.
        """
        if kind is not ChallengeKind.CANVAS:
            if image or chosen:
                raise UserError(_("A picture and a region belong to the kind in which everyone repaints the same."))
            return "", "", None
        if image is None:
            raise UserError(_("Add the picture that everyone shall repaint, with a region or a mask."))
        given = await self._given.read(interaction, image)
        if given.creation:
            await self._studio.check_sources(interaction.user.id, given.creation, readers_of(interaction))
        picture = given.image
        region = await self._cards.region(picture, chosen)
        if region is None:
            raise UserError(_("Say which region everyone shall repaint, or add a mask."))
        keys = [await self._files.put_picture(each) for each in (picture, region.mask_image)]
        return keys[0], keys[1], given.creation.id if given.creation else None


def _check_manages_events(interaction: Interaction) -> None:
    permissions = interaction.permissions
    if not (permissions.manage_events or permissions.manage_guild):
        raise NotAllowedError(_("Only those who may manage events here can do that."))


def _check_can_award(interaction: Interaction, role: discord.Role) -> None:
    me, giver = guild_of(interaction).me, interaction.user
    if not me.guild_permissions.manage_roles or role >= me.top_role or not role.is_assignable():
        raise UserError(_("I can't give {role}; it must be below mine, and I need to manage roles.", role=role.name))
    is_owner = giver.id == role.guild.owner_id
    if not is_owner and not (isinstance(giver, discord.Member) and role < giver.top_role):
        raise NotAllowedError(_("You can't promise a role that is not below your own."))
