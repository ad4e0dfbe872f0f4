"""No command, component or web page reveals pictures of channels a member cannot view."""

import re
from collections.abc import Iterable
from typing import Any

import discord
import simcord
from discord import app_commands, ui

from bot.jobs.result_views import GO_ON
from tests.support.challenges import hold
from tests.support.gallery_site import shown
from tests.support.hidden_rooms import WORD, House
from tests.support.images import meadow, png
from tests.support.server import Server

# What a member gives a command, by the names of its options; whoever adds one says here what is tried.
OPTIONS: dict[str, Any] = {
    "prompt": "a boat",
    "image": ("a.png", png(meadow())),
    "image1": ("a.png", png(meadow())),
    "image2": ("b.png", png(meadow())),
    "name": "ink",
    "words": "fox",
    "title": "Spring",
    "theme": "blossom",
    "challenge": 1,
    "hours": 1,
    "reason": "none",
}


async def test_no_command_tells_an_outsider_of_what_is_hidden(house: House) -> None:
    server, bob = house.server, house.server.bob
    server.tolerated = (Exception,)
    await hold(server)
    commands = [each for each in house.site.client.tree.walk_commands() if isinstance(each, app_commands.Command)]
    mine = bob.available_commands(server.channel)
    assert len(mine) > 20
    for command in commands:
        if command.qualified_name == "privacy delete" or command.qualified_name not in mine:
            continue
        needed = {each.name for each in command.parameters if each.required}
        numbers = {
            each.name
            for each in command.parameters
            if each.name in ("number", "picture") and each.type is discord.AppCommandOptionType.integer
        }
        people = {each.name for each in command.parameters if each.name == "member"}
        assert needed <= {*OPTIONS, *numbers, *people}, command.qualified_name
        for hidden in house.hidden.values():
            given = {name: OPTIONS[name] for name in needed & set(OPTIONS)} | dict.fromkeys(numbers, hidden)
            for maker in (server.alice, bob):
                answer = await bob.slash(server.channel, command.qualified_name, **given | dict.fromkeys(people, maker))
                assert house.leaks([each for each in (answer.response, *answer.followups) if each]) == []
                if not people:
                    break
            if not numbers | people:
                break
    assert house.leaks(house.said_to_bob()) == []
    assert not {each.parent_id for each in await server.jobs()} & set(house.hidden.values())


async def test_nothing_that_can_be_pressed_tells_an_outsider_of_what_is_hidden(house: House) -> None:
    """Every item is made from its template, with what the groups of templates may stand for."""
    server, bob = house.server, house.server.bob
    server.tolerated = (Exception,)
    await hold(server)
    store = server.atelier.challenges.service._challenges  # pyright: ignore[reportPrivateUsage]
    entries = [await store.enter(1, number, server.alice.id) for number in house.hidden.values()]
    jobs = {each.place.message_id: each.id for each in await server.jobs()}
    channel = house.site.client.get_partial_messageable(server.channel.id, guild_id=server.alice.guild.id)
    before = len(await server.jobs())
    items = house.site.client._connection._view_store._dynamic_items  # pyright: ignore[reportPrivateUsage]
    assert len(items) > 40
    for (name, number), entry in zip(house.hidden.items(), entries, strict=True):
        found = await server.atelier.kernel.creations.any_creation(server.alice.guild.id, number)
        assert found
        samples: dict[str, list[str]] = {
            "creation_id": [str(number)],
            "job_id": [str(jobs[found[0].message_id])],
            "challenge_id": ["1"],
            "entry_id": [str(entry.id)],
            "chosen_id": [str(entry.id)],
            "other_id": [str(entries[0].id)],
            "user_id": [str(bob.id)],
            "action": [*GO_ON, "helpful", "paint", "enter", "mine", "vote", "show", "go"],
        }
        for pattern, item in items.items():
            if item.__name__ == "ForgetButton":
                continue
            for custom_id in filled(pattern.pattern, samples, number):
                await pressed(house, channel, custom_id, number, is_select="Select" in item.__name__)
        assert house.leaks(house.said_to_bob()) == [], name
    assert len(await server.jobs()) == before


def filled(template: str, samples: dict[str, list[str]], number: int) -> Iterable[str]:
    """Yield custom ids that a template matches, one for each action."""
    actions = samples["action"] if "(?P<action>" in template else [""]
    for action in actions:
        values = {name: given[0] for name, given in samples.items()} | {"action": action}

        def value(match: re.Match[str], values: dict[str, str] = values) -> str:
            name, content = match[1], match[2]
            if name in values:
                return values[name]
            if name == "view":
                return "alike"
            if name == "like":
                return f"{number}"
            if name == "kind" and "|" not in content:
                return "all"
            return {"way": "f", "month": "202601", "board": "makers", "words": ""}.get(
                name, content.split("|")[0] if "|" in content else ("0" if r"\d" in content else "")
            )

        custom_id = re.sub(r"\(\?P<(\w+)>([^()]*)\)", value, template)
        if re.fullmatch(template, custom_id):
            yield custom_id


async def pressed(house: House, channel: Any, custom_id: str, number: int, *, is_select: bool) -> None:
    """Press something as Bob that a message of the bot has, and fill in what is asked then."""
    server, bob = house.server, house.server.bob
    view = ui.LayoutView(timeout=None)
    if is_select:
        options = [discord.SelectOption(label=each, value=each) for each in (str(number), "remix", "details")]
        view.add_item(ui.ActionRow(ui.Select(custom_id=custom_id, options=options)))
    else:
        view.add_item(ui.ActionRow(ui.Button(custom_id=custom_id, label="?")))
    with server.env.time_context():
        message = await channel.send(view=view)
    try:
        for value in (str(number), "remix", "details") if is_select else ("",):
            press = bob.select(message, [value], custom_id=custom_id) if is_select else bob.click(message, label="?")
            answer = await press
            assert WORD not in str(answer.modal)
            assert house.leaks([each for each in (answer.response, *answer.followups) if each]) == []
    except simcord.SetupError:
        # A list of roles or channels takes no numbers.
        assert is_select


async def test_no_page_and_no_file_tells_an_outsider_of_what_is_hidden(house: House) -> None:
    site, server = house.site, house.server
    await hold(server)
    inside = await site.picture(member=server.moderator, prompt=f"{WORD} fox")
    await server.atelier.kernel.settings.prefer(server.moderator.id, web=False)
    address = await site.link(server.bob)
    assert (await site.get(address)).status == 200
    routes = {each.canonical for each in gallery_routes(server)}
    assert len(routes) > 8
    for route in routes:
        if "open/" in route or "static" in route:
            continue
        for number in (*house.hidden.values(), inside):
            path = route.split("{guild}")[1].replace("{number}", str(number))
            answer = await site.get(path)
            assert WORD not in answer.text
            assert f"/p/{number}" not in answer.text
            if "/p/" in path:
                assert answer.status == 404
    assert shown(await site.get()) == [house.shown]
    assert shown(await site.get(f"?q={WORD}")) == []


def gallery_routes(server: Server) -> Any:
    app = server.atelier.web
    for resource in app.router.resources():
        for route in resource:
            if "/gallery" in resource.canonical:
                yield route.resource
