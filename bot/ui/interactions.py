"""Facts about an interaction: its gallery, member, server and permissions, and the message of its response."""

import discord
from discord import app_commands

from bot.core.errors import NotAllowedError, UserError
from bot.core.i18n import _
from bot.core.message_ref import MemberContext, MessageRef
from bot.platform.audiences import is_personal, origin_of, readers_of, viewer_of
from bot.ui.host import Interaction

# A channel or thread as a select of channels returns it.
ChosenChannel = app_commands.AppCommandChannel | app_commands.AppCommandThread


def gallery_of(interaction: Interaction) -> int:
    """Return the id of the gallery of an interaction: the guild id, or the user id for a member's own gallery.

    The member's own gallery is used in direct messages, and in a server where only they have installed Atelier.
    """
    guild_id = interaction.guild_id
    return interaction.user.id if guild_id is None or is_personal(interaction) else guild_id


async def placed(interaction: Interaction, *, ephemeral: bool = False) -> MessageRef:
    """Defer the response and return a reference to its message. Raises UserError outside a channel."""
    if interaction.channel_id is None:
        raise UserError(_("I paint in channels and in direct messages; use me in one of these."))
    deferred = await interaction.response.defer(thinking=True, ephemeral=ephemeral)
    message_id = deferred.message_id if deferred else None
    if message_id is None:
        message_id = (await interaction.original_response()).id
    return place_of(interaction, message_id)


def place_of(interaction: Interaction, message_id: int) -> MessageRef:
    """Return a reference to a message in the interaction's channel, with the member, audiences and origin."""
    return MessageRef(
        gallery_of(interaction),
        interaction.channel_id or 0,
        message_id,
        interaction.token,
        asker_of(interaction),
        viewer_of(interaction),
        readers_of(interaction),
        origin_of(interaction),
    )


def asker_of(interaction: Interaction) -> MemberContext:
    """Return the facts about the member that a server's limits depend on; empty in direct messages."""
    member, channel = interaction.user, interaction.channel
    if not isinstance(member, discord.Member):
        return MemberContext()
    return MemberContext(
        frozenset(role.id for role in member.roles),
        member.joined_at,
        interaction.permissions.manage_messages,
        channel.parent_id if isinstance(channel, discord.Thread) else 0,
    )


def check_manages(interaction: Interaction) -> None:
    """Raise NotAllowedError if the member lacks the permission Manage Server."""
    if not interaction.permissions.manage_guild:
        raise NotAllowedError(_("Only those who may manage this server can change that."))


def checked_channel(channel: ChosenChannel | None) -> int:
    """Return the id of a selected channel, or 0 for None. Raises UserError if the bot may not send messages in it."""
    found = channel.resolve() if channel else None
    if channel and (found is None or not found.permissions_for(found.guild.me).send_messages):
        raise UserError(_("I may not write in that channel; choose another, or give me the permission."))
    return channel.id if channel else 0


def check_moderates(interaction: Interaction) -> None:
    """Raise NotAllowedError if the member has neither Manage Messages nor Moderate Members."""
    if not is_moderator(interaction.permissions):
        raise NotAllowedError(_("Only this server's moderators can do that."))


def is_moderator(permissions: discord.Permissions) -> bool:
    """Return whether the permissions include Manage Messages or Moderate Members."""
    return permissions.manage_messages or permissions.moderate_members


def guild_of(interaction: Interaction) -> discord.Guild:
    """Return the server of an interaction. Raises UserError in direct messages."""
    if interaction.guild is None:
        raise UserError(_("That belongs to a server; use it in one."))
    return interaction.guild
