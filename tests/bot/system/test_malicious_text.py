"""Words made to hurt: they ping nobody, break no card, and no database refuses them."""

from typing import Any

import discord
import pytest

from bot.core.errors import UserError
from bot.core.message_ref import MessageRef
from bot.core.text import checked_prompt, cleaned
from bot.jobs.views import waiting_card
from bot.ui.text import escaped
from engine.api.messages import GenerationParameters, Loading
from tests.support.cards import card_text
from tests.support.member_actions import seen_by
from tests.support.server import Server

MENTIONS = "@everyone @here <@{alice}> <@&{role}> <#{channel}>"
MARKDOWN = "**bold** __line__ ~~struck~~ `code` ||hidden|| [click](https://evil.example) # title\n> quote\n```block"
LINK_AROUND = "a](https://evil.example) [b"
ZERO_WIDTH = "f\u200bo\u2060x\ufeff"
TURNED = "\u202egnp.xof\u202c \u2066isolated\u2069"
NULLS = "a\x00fox\x01\x1b[31m\x7f"
HALVES = "a fox \ud83d and \udc00"
HOSTILE = [MENTIONS, MARKDOWN, LINK_AROUND, ZERO_WIDTH, TURNED, NULLS, HALVES, "z" + "\u0321\u0334" * 200]
UNWANTED = set("\x00\x01\x1b\x7f\u200b\u2060\ufeff\u202e\u202c\u2066\u2069\ud83d\udc00")


def filled(server: Server, text: str) -> str:
    """Return a text with the ids that mentions need."""
    role = server.moderator.roles[-1] if getattr(server.moderator, "roles", None) else server.alice
    return text.format(alice=server.alice.id, role=role.id, channel=server.channel.id) if "{alice}" in text else text


def check_shown(server: Server, message: Any, word: str) -> None:
    """Fail where a message pings somebody, or doesn't show what a member wrote."""
    assert pings(server, message.id) == ([], False)
    assert word in card_text(message)


def pings(server: Server, message_id: int) -> tuple[list[int], bool]:
    """Return who hears of a message, and whether everybody does."""
    message = server.env.backend.messages[server.channel.id][message_id]
    return message.ping_user_ids, message.mention_everyone


@pytest.mark.parametrize("text", HOSTILE)
async def test_prompts(idle_server: Server, text: str) -> None:
    server = idle_server
    text = filled(server, text)
    await server.alice.slash(server.channel, "imagine", prompt=f"{text} fox", negative_prompt=text)
    job = await server.job()
    assert not UNWANTED & set(job.parameters.prompt + job.parameters.negative_prompt)
    channel = server.atelier.client.get_partial_messageable(server.channel.id, guild_id=server.alice.guild.id)
    sent = await channel.send(**waiting_card(job, 1, Loading("waiting")).as_message())
    check_shown(server, next(message for message in server.messages() if message.id == sent.id), "fox")


@pytest.mark.parametrize("text", HOSTILE)
async def test_prompts_of_drafts(studio: Server, text: str) -> None:
    text = filled(studio, text)
    answer = await studio.inpaint(prompt=f"{text} fox", negative_prompt=text, region="left", mask=None)
    shown = seen_by(studio, studio.alice, answer)
    check_shown(studio, shown, "fox")
    asked = await studio.alice.click(shown, label="Edit prompt")
    await studio.alice.submit_modal(asked, {"prompt": f"{text} owl", "negative_prompt": text})
    check_shown(studio, seen_by(studio, studio.alice, answer), "owl")


@pytest.mark.parametrize("text", HOSTILE)
async def test_styles(idle_server: Server, text: str) -> None:
    server, alice = idle_server, idle_server.alice
    text = filled(server, text)
    refused = await alice.slash(server.channel, "style add", name=text[:32], words="a fox")
    assert "A style's name is one word" in refused.response.content
    await alice.slash(server.channel, "style add", name="mine", words=f"{text} fox", negative_words=text)
    shown = seen_by(server, alice, await alice.slash(server.channel, "style list"))
    check_shown(server, shown, "mine")
    unknown = await alice.slash(server.channel, "imagine", prompt="a fox", style=text[:32])
    assert pings(server, unknown.response.id) == ([], False)


@pytest.mark.parametrize("text", HOSTILE)
async def test_challenges(idle_server: Server, text: str) -> None:
    server = idle_server
    title, text = f"{filled(server, text)[:70]} cup", filled(server, text)
    options = {"title": title, "theme": f"{text} foxes", "rules": text}
    await server.moderator.slash(server.channel, "challenge create", **options)
    await server.atelier.challenges.scheduler.advance()
    [announced] = [message for message in server.messages() if "cup" in card_text(message)]
    check_shown(server, announced, "foxes")
    listed = seen_by(server, server.alice, await server.alice.slash(server.channel, "challenge list"))
    check_shown(server, listed, "cup")
    assert "](https://evil" not in card_text(listed).replace(r"\](", "")


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b\u2060", "\x00", "\u202e\u202c", "\u200d\u200c"])
async def test_what_one_cannot_see_is_no_prompt(text: str) -> None:
    with pytest.raises(UserError, match="The prompt is empty"):
        checked_prompt(text)


def test_what_people_write_stays() -> None:
    for text in ("👩‍🚀 on 🏳️‍🌈", "می‌خواهم", "a\nb\tc", "naïve façade", "שלום", "日本語", "e\u0301"):
        assert cleaned(text) == text


async def test_six_thousand_characters(idle_server: Server) -> None:
    """Discord lets nobody send so many; what is accepted is shown in part."""
    server = idle_server
    place = MessageRef(server.alice.guild.id, server.channel.id, 1, "token")
    job = await server.atelier.studio.service.imagine(
        server.alice.id, place, GenerationParameters("*" * 6000, "_" * 6000)
    )
    channel = server.atelier.client.get_partial_messageable(server.channel.id, guild_id=server.alice.guild.id)
    await channel.send(**waiting_card(job, 1, Loading("waiting")).as_message())
    assert 100 < len(card_text(server.messages()[-1])) < 4000
    assert len(escaped("[" * 6000, 100)) <= 101


def test_no_text_is_more_than_text() -> None:
    assert escaped(LINK_AROUND) == r"a\](https://evil.example) \[b"
    assert discord.utils.remove_markdown(escaped(MARKDOWN)).startswith(r"\*\*bold") is False
