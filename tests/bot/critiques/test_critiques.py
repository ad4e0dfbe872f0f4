"""Critiques: who writes them, who is told, who reads them, and who may do what about them."""

from typing import Any

import pytest

from bot.core.errors import NotAllowedError, UserError
from bot.critiques.views import SHOWN
from tests.support.cards import card_buttons, card_text
from tests.support.critiques import WORDS, alone, criticised, read
from tests.support.member_actions import kept, seen_by, taken_out, viewer
from tests.support.server import Server


async def test_a_critique_is_written_read_and_changed(idle_server: Server) -> None:
    server = idle_server
    await kept(server)
    assert "stands under Details" in (await criticised(server, server.bob)).response.content
    card = await read(server, server.moderator)
    assert f"<@{server.bob.id}>" in card_text(card)
    assert "**Works:** The light.\n**Could be better:** The hands." in card_text(card)
    changed = await criticised(server, server.bob, works="", better=" More \n\n\n contrast. ")
    assert "is changed" in changed.response.content
    text = card_text(await read(server, server.alice))
    assert "**Could be better:** More contrast." in text
    assert "Works" not in text
    assert text.count(f"<@{server.bob.id}>") == 1


async def test_a_critique_begins_with_what_one_said_before(idle_server: Server) -> None:
    server = idle_server
    await kept(server)
    await criticised(server, server.bob)
    asked = await server.bob.select(await alone(server, server.bob, 1), ["critique"], custom_id="more:1")
    assert WORDS["works"] in str(asked.modal)


async def test_nobody_writes_of_their_own_picture_or_nothing(idle_server: Server) -> None:
    server = idle_server
    await kept(server)
    refused = await server.alice.select(await alone(server, server.alice, 1), ["critique"], custom_id="more:1")
    assert "That picture is yours" in refused.response.content
    assert "at least one of the two" in (await criticised(server, server.bob, works=" ", better="")).response.content
    assert await server.atelier.critiques.controller.counts([1]) == {}


async def test_a_picture_that_was_removed_takes_no_critique(idle_server: Server) -> None:
    server = idle_server
    await kept(server)
    card = await alone(server, server.bob, 1)
    asked = await server.bob.select(card, ["critique"], custom_id="more:1")
    await taken_out(server, 1)
    answer = await server.bob.submit_modal(asked, WORDS)
    assert "no longer in this server's gallery" in answer.response.content


async def test_the_maker_is_told_once_if_they_want(idle_server: Server) -> None:
    server, dms = idle_server, idle_server.alice.user.dm_channel
    job = await kept(server)
    await criticised(server, server.bob)
    assert dms.history() == []
    panel = seen_by(server, server.alice, await server.alice.slash(server.channel, "settings"))
    await server.alice.click(panel, custom_id="settings:critiques")
    await criticised(server, server.moderator)
    await criticised(server, server.moderator, works="The colours.")
    [message] = dms.history()
    assert f"<@{server.moderator.id}> has written a critique of [your picture 1]({job.place.link})" in card_text(
        message
    )
    assert "**Works:** The light." in card_text(message)


async def test_closed_direct_messages_are_no_error_for_the_critic(
    idle_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server = idle_server
    await kept(server)
    await server.atelier.kernel.settings.prefer(server.alice.id, critiques=True)
    dms = server.alice.user.dm_channel
    server.env.inject_error("POST", f"/channels/{dms.id}/messages", status=403, code=50007)
    answer = await criticised(server, server.bob)
    assert "Thank you" in answer.response.content
    assert answer.followups == []
    assert dms.history() == []
    assert f"{server.alice.id} could not be told of a critique of picture 1" in caplog.text
    assert await server.atelier.critiques.controller.counts([1]) == {1: 1}


async def test_hostile_words_are_shown_as_they_are_written_and_ping_nobody(idle_server: Server) -> None:
    server = idle_server
    await kept(server)
    await server.atelier.kernel.settings.prefer(server.alice.id, critiques=True)
    await criticised(server, server.bob, works="**@everyone** [free](https://evil.example)", better="`x`\n# Shout")
    card, [told] = await read(server, server.moderator), server.alice.user.dm_channel.history()
    for message in (card, told):
        assert "\\*\\*@everyone\\*\\* \\[free\\](https://evil.example)" in card_text(message)
        assert "\\`x\\` # Shout" in card_text(message).replace("\n\\#", " #")
        allowed = server.env.backend.get_message(message.channel.id, message.id).allowed_mentions
        assert (allowed.everyone, allowed.users, allowed.roles) == (False, frozenset(), frozenset())


async def test_the_maker_says_what_was_helpful(idle_server: Server) -> None:
    server = idle_server
    await kept(server)
    await criticised(server, server.bob)
    assert "Helpful" not in card_buttons(await read(server, server.moderator))
    card = await read(server, server.alice)
    assert card_buttons(card) == ["Helpful"]
    await server.alice.click(card, label="Helpful")
    assert "helpful" in card_text(await read(server, server.bob))
    # Other words have yet to help.
    await criticised(server, server.bob, works="Everything")
    assert "helpful" not in card_text(await read(server, server.bob))
    await server.alice.click(card, label="Helpful")
    assert "helpful" in card_text(await read(server, server.bob))
    await server.alice.click(card, label="Helpful")
    assert "helpful" not in card_text(await read(server, server.bob))
    # Nobody else sees this card, so that no button asks for it.
    desk = server.atelier.critiques.service
    with pytest.raises(NotAllowedError):
        await desk.toggle_helpful(server.alice.guild.id, 1, server.bob.id, viewer(server, server.bob))


async def test_a_critique_is_removed_by_who_wrote_it_or_a_moderator_alone(idle_server: Server) -> None:
    server = idle_server
    await kept(server)
    await kept(server, member=server.moderator)
    for number in (1, 2):
        await criticised(server, server.bob, number)
    own = await read(server, server.bob, 1)
    # Nobody else sees this card, so that no button asks for it.
    desk = server.atelier.critiques.service
    with pytest.raises(NotAllowedError):
        await desk.remove(server.alice.guild.id, 1, server.bob.id, viewer(server), moderator=False)
    assert await server.atelier.critiques.controller.counts([1, 2]) == {1: 1, 2: 1}
    await server.bob.click(own, label="Remove")
    assert "Nobody has said anything" in card_text(seen_by_id(server, server.bob, own))
    other = await read(server, server.moderator, 2)
    assert card_buttons(other) == ["Helpful", "Remove"]
    await server.moderator.click(other, label="Remove")
    assert await server.atelier.critiques.controller.counts([1, 2]) == {}
    with pytest.raises(UserError, match="was removed"):
        await desk.toggle_helpful(server.alice.guild.id, 2, server.bob.id, viewer(server, server.moderator))


def seen_by_id(server: Server, member: Any, card: Any) -> Any:
    """Return a card as a member sees it now."""
    return next(each for each in server.channel.history(viewer=member) if each.id == card.id)


async def test_the_newest_come_first_page_by_page(idle_server: Server) -> None:
    server, guild = idle_server, idle_server.alice.guild
    await kept(server)
    critics = [guild.add_member(server.env.create_user(f"critic{n}")) for n in range(SHOWN + 1)]
    for member in critics:
        await criticised(server, member)
    first = await read(server, server.bob)
    assert [f"<@{each.id}>" in card_text(first) for each in critics] == [False, *[True] * SHOWN]
    assert card_text(first).index(f"<@{critics[-1].id}>") < card_text(first).index(f"<@{critics[1].id}>")
    assert card_buttons(first) == ["Write a critique", "▶"]
    await server.bob.click(first, label="▶")
    second = seen_by_id(server, server.bob, first)
    assert [f"<@{each.id}>" in card_text(second) for each in critics] == [True, *[False] * SHOWN]
    assert card_buttons(second) == ["Write a critique", "◀"]
    asked = await server.bob.click(second, label="Write a critique")
    await server.bob.submit_modal(asked, WORDS)
    await server.bob.click(second, label="◀")
    assert f"<@{server.bob.id}>" in card_text(seen_by_id(server, server.bob, first))


async def test_the_menu_of_a_message_leads_to_the_critiques_of_each_picture(idle_server: Server) -> None:
    server = idle_server
    job = await kept(server, count=2)
    await criticised(server, server.bob, 2)
    message = next(each for each in server.channel.history() if each.id == job.place.message_id)
    answer = await server.alice.context_menu(server.channel, "Details", message)
    assert card_buttons(seen_by(server, server.alice, answer)) == ["1 critique of picture 2"]
