"""Atelier in direct messages, and where somebody has installed it for themselves alone: a gallery of their own."""

from unittest.mock import Mock

import discord
import pytest

from bot.database.states import JobStatus
from bot.ui.interactions import gallery_of
from tests.support.cards import card_text
from tests.support.member_actions import imagined, newest
from tests.support.server import Server


async def test_pictures_in_direct_messages_are_ones_own(server: Server) -> None:
    job = await imagined(server, count=1)
    alice = server.alice.user
    answer = await alice.slash("imagine", prompt="a fox", steps=2, count=1)
    own = await newest(server, {job.id})
    assert own.status is JobStatus.SUCCEEDED
    assert own.place.guild_id == alice.id
    [message] = [each for each in alice.dm_channel.history() if each.id == answer.response.id]
    assert len(message.attachments) == 1
    assert "a fox" in card_text(message)
    [creation] = await server.creations(own)
    refused = await server.alice.slash(server.channel, "show", number=creation.id)
    assert "no longer in this server's gallery" in refused.response.content
    await alice.select(message, ["strong"], custom_id=f"more:{creation.id}")
    varied = await newest(server, {job.id, own.id})
    assert (varied.place.guild_id, varied.parent_id) == (alice.id, creation.id)


@pytest.mark.parametrize(
    ("guild_id", "by_guild", "by_user", "gallery"),
    [(5, True, False, 5), (5, True, True, 5), (5, False, True, 7), (None, False, True, 7), (None, False, False, 7)],
)
def test_whose_gallery_it_is(guild_id: int | None, by_guild: bool, by_user: bool, gallery: int) -> None:
    # SimCord does not tell by whom Atelier was installed.
    interaction = Mock(discord.Interaction, guild_id=guild_id, user=Mock(id=7))
    interaction.is_guild_integration.return_value = by_guild
    interaction.is_user_integration.return_value = by_user
    assert gallery_of(interaction) == gallery
