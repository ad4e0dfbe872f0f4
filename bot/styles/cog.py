"""The `/style` commands."""

from dataclasses import replace

import discord
from discord import app_commands
from discord.ext import commands

from bot.core.i18n import _
from bot.creations.given_pictures import GivenPictures
from bot.database.file_store import FileStore
from bot.styles.autocomplete import propose_styles
from bot.styles.models import Style
from bot.styles.service import StyleService
from bot.styles.views import styles_card
from bot.ui.choices import Choices
from bot.ui.host import Interaction
from bot.ui.interactions import gallery_of

Name = app_commands.Range[str, 1, 32]
Words = app_commands.Range[str, 0, 500]


class Styles(commands.GroupCog, group_name="style", group_description="Words with a name, added to a prompt"):
    """Commands to add, list, select and remove named styles."""

    def __init__(self, styles: StyleService, files: FileStore, given: GivenPictures) -> None:
        super().__init__()
        self._given = given
        self._files = files
        self._styles = styles

    @app_commands.command(name="add", description="Keep words under a name")
    @app_commands.describe(
        name="What you call it",
        words="What it adds to a prompt; <lora:name:0.8> may be among it",
        negative_words="What it adds to what a picture shall not show",
        picture="A picture that lends its style, where the model in use can take it",
        for_everyone="For all members, if you manage this server",
    )
    async def add(
        self,
        interaction: Interaction,
        name: Name,
        words: Words = "",
        negative_words: Words = "",
        picture: discord.Attachment | None = None,
        for_everyone: bool = False,
    ) -> None:
        """Store a style of the member or of the server, with an optional image."""
        style = Style(name, words, negative_words, not for_everyone)
        if picture:
            await interaction.response.defer(thinking=True, ephemeral=True)
            given = await self._given.read(interaction, picture)
            image_key = await self._files.put_picture(given.image)
            style = replace(style, image_key=image_key, source_id=given.creation.id if given.creation else None)
        manager = interaction.permissions.manage_guild
        await self._styles.add(gallery_of(interaction), interaction.user.id, style, manager=manager)
        await _reply(interaction, _("Kept. Add `style:{name}` to /imagine or /inpaint.", name=name.strip().lower()))

    @app_commands.command(name="list", description="The styles that you can use here")
    async def list(self, interaction: Interaction) -> None:
        """Show the available styles in an ephemeral response."""
        styles = await self._styles.all(gallery_of(interaction), interaction.user.id)
        await interaction.response.send_message(view=styles_card(styles).view, ephemeral=True)

    @app_commands.command(name="use", description="Your style where you name none")
    @app_commands.describe(name="A style, or none")
    async def use(self, interaction: Interaction, name: Name) -> None:
        """Set the member's default style."""
        await self._styles.use(gallery_of(interaction), interaction.user.id, name)
        await _reply(interaction, _("From now on that is how yours are painted, where you name no style."))

    @app_commands.command(name="remove", description="Let go of a style")
    @app_commands.describe(name="The style", for_everyone="One of the server's, if you manage it")
    async def remove(self, interaction: Interaction, name: Name, for_everyone: bool = False) -> None:
        """Delete a style of the member or of the server."""
        manager = interaction.permissions.manage_guild
        await self._styles.remove(
            gallery_of(interaction), interaction.user.id, name, manager=manager, server=for_everyone
        )
        await _reply(interaction, _("Gone."))

    @use.autocomplete("name")
    @remove.autocomplete("name")
    async def propose(self, interaction: Interaction, typed: str) -> Choices:
        """Return autocomplete choices for the name of a style."""
        return await propose_styles(self._styles, interaction, typed)


async def _reply(interaction: Interaction, sentence: str) -> None:
    if interaction.response.is_done():
        await interaction.edit_original_response(content=sentence)
    else:
        await interaction.response.send_message(sentence, ephemeral=True)
