"""The /gallery commands, and the updates of their card."""

import re
from collections.abc import Callable

import discord
from discord import app_commands
from discord.ext import commands

from bot.core.errors import UserError
from bot.core.i18n import N_, _
from bot.creations.models import Creation
from bot.database.file_store import FileStore
from bot.gallery.filter_store import FilterStore
from bot.gallery.filter_views import FilterModal
from bot.gallery.models import NO_FILTERS, RANKED, Browsing, Filters, GalleryView
from bot.gallery.similarity import Likeness
from bot.gallery.store import BrowsingStore
from bot.gallery.views import gallery_card, web_card
from bot.imaging.images import thumbnail
from bot.platform.audiences import viewer_of
from bot.settings.models import WebAccess
from bot.settings.service import SettingsService
from bot.ui.cards import Card, Upload
from bot.ui.host import Interaction
from bot.ui.interactions import gallery_of, guild_of

BY_CHOICES = [
    app_commands.Choice(name=N_("the words"), value=GalleryView.NEWEST.value),
    app_commands.Choice(name=N_("what they mean"), value=GalleryView.MEANING.value),
]


class Galleries(commands.GroupCog, group_name="gallery", group_description="The pictures of this server"):
    """The /gallery commands: each opens the same ephemeral card with another view.

    `web_link` takes the ids of guild and member and the access level, and returns the member's link to the gallery's
    web pages; it is None if the bot has no public URL.
    """

    def __init__(
        self,
        browsing: BrowsingStore,
        filters: FilterStore,
        likeness: Likeness,
        files: FileStore,
        settings: SettingsService,
        web_link: Callable[[int, int, WebAccess], str] | None,
    ) -> None:
        super().__init__()
        self._browsing = browsing
        self._filters = filters
        self._likeness = likeness
        self._files = files
        self._settings = settings
        self._web_link = web_link

    @app_commands.command(name="browse", description="All pictures, the newest first")
    async def browse(self, interaction: Interaction) -> None:
        """Open the gallery with the newest pictures first."""
        await self._open(interaction, Browsing(GalleryView.NEWEST))

    @app_commands.command(name="mine", description="Your own pictures")
    async def mine(self, interaction: Interaction) -> None:
        """Open the gallery with the member's own pictures."""
        await self._open(interaction, Browsing(GalleryView.NEWEST, user_id=interaction.user.id))

    @app_commands.command(name="member", description="The pictures of a member")
    @app_commands.describe(member="Whose pictures")
    async def member(self, interaction: Interaction, member: discord.User) -> None:
        """Open the gallery with the pictures of one member."""
        await self._open(interaction, Browsing(GalleryView.NEWEST, user_id=member.id))

    @app_commands.command(name="top", description="What members like most")
    async def top(self, interaction: Interaction) -> None:
        """Open the gallery with the highest scores first."""
        await self._open(interaction, Browsing(GalleryView.TOP))

    @app_commands.command(name="favourites", description="What you made a favourite")
    async def favourites(self, interaction: Interaction) -> None:
        """Open the gallery with the member's favourites."""
        await self._open(interaction, Browsing(GalleryView.FAVOURITES, user_id=interaction.user.id))

    @app_commands.command(name="search", description="Pictures whose prompts have these words, or mean the same")
    @app_commands.describe(words="Words of the prompt, or how they begin", by="What the prompts shall have in common")
    @app_commands.choices(by=BY_CHOICES)
    async def search(
        self, interaction: Interaction, words: app_commands.Range[str, 1, 40], by: str = GalleryView.NEWEST.value
    ) -> None:
        """Open the gallery with pictures whose prompts match, the newest or the most similar first.

        Raises UserError if `words` has no word characters.
        """
        tokens = re.findall(r"\w+", words)
        if not tokens:
            raise UserError(_("Write at least one word to look for."))
        await self._open(interaction, Browsing(GalleryView(by), words=" ".join(tokens)))

    @app_commands.command(name="random", description="Some pictures by chance")
    async def random(self, interaction: Interaction) -> None:
        """Open the gallery with pictures in random order."""
        await self._open(interaction, Browsing(GalleryView.RANDOM))

    async def alike(self, interaction: Interaction, creation_id: int) -> None:
        """Open the gallery with pictures that look like the given one."""
        await self._open(interaction, Browsing(GalleryView.ALIKE, like=creation_id))

    @app_commands.command(name="web", description="The pictures of this server on the web")
    async def web(self, interaction: Interaction) -> None:
        """Send the member a link to the server's web pages. Raises UserError if there are none."""
        guild_id = guild_of(interaction).id
        access = (await self._settings.of_guild(guild_id)).web
        if self._web_link is None:
            raise UserError(_("I have no pages on the web; my owner can set ATELIER_PUBLIC_URL for that."))
        if gallery_of(interaction) != guild_id:
            raise UserError(_("Your own gallery has no pages on the web; a server's has, where I am installed."))
        if access is WebAccess.OFF:
            raise UserError(_("The gallery of this server is not on the web; those who manage it can change that."))
        card = web_card(self._web_link(guild_id, interaction.user.id, access), access)
        await interaction.response.send_message(view=card.view, ephemeral=True)

    async def turn(self, interaction: Interaction, browsing: Browsing) -> None:
        """Redraw the card with another page or view."""
        await interaction.response.defer()
        await interaction.edit_original_response(**(await self._card(interaction, browsing)).as_edit())

    async def ask_filters(self, interaction: Interaction, browsing: Browsing) -> None:
        """Open the modal with the filters of the current view."""
        filters = await self._filters_of(interaction, browsing)
        await interaction.response.send_modal(FilterModal(browsing, filters, self.turn))

    async def _open(self, interaction: Interaction, browsing: Browsing) -> None:
        await interaction.response.defer(thinking=True, ephemeral=True)
        await interaction.edit_original_response(**(await self._card(interaction, browsing)).as_edit())

    async def _card(self, interaction: Interaction, browsing: Browsing) -> Card:
        source = self._likeness if browsing.view in RANKED else self._browsing
        page = await source.page(gallery_of(interaction), browsing, viewer_of(interaction))
        files = tuple([await self._thumbnail(creation) for creation in page.creations])
        filters = NO_FILTERS
        if browsing.style_id or browsing.challenge_id:
            filters = await self._filters_of(interaction, browsing)
        return gallery_card(browsing, page, files, filters, knows_meanings=self._likeness.knows_meanings)

    async def _filters_of(self, interaction: Interaction, browsing: Browsing) -> Filters:
        guild_id, viewer = gallery_of(interaction), viewer_of(interaction)
        return await self._filters.filters(guild_id, interaction.user.id, browsing, viewer)

    async def _thumbnail(self, creation: Creation) -> Upload:
        data = await self._files.derived(creation.file_key, thumbnail)
        return Upload(
            f"picture-{creation.id}.webp", data, _("Picture {number}", number=creation.id), creation.is_spoiler
        )
