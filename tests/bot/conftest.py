"""Fixtures of the bot's tests: a web gallery and a server with hidden channels."""

from collections.abc import AsyncIterator

import discord
import pytest
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import unused_port

from bot.config import Settings
from bot.web.server import serving
from engine.api.client import LocalEngine
from tests.support.clock import Clock
from tests.support.gallery_site import Site
from tests.support.hidden_rooms import HIDE, SEE, WORD, House
from tests.support.images import meadow, png
from tests.support.server import Server, in_one_task, opened_server


@pytest.fixture
async def server_with_own_engine(settings: Settings) -> AsyncIterator[Server]:
    """A server in which everything runs, whose engine process starts with it and may be killed."""
    async with in_one_task(opened_server(settings, engine=LocalEngine(settings.engine_options()))) as running:
        yield running


@pytest.fixture
async def site(settings: Settings) -> AsyncIterator[Site]:
    settings.web_port = unused_port()
    settings.public_url = f"http://127.0.0.1:{settings.web_port}"
    clock = Clock()
    jar = CookieJar(unsafe=True)  # It otherwise keeps none of an address without a name.
    async with (
        in_one_task(opened_server(settings, working=False, clock=clock)) as server,
        ClientSession(cookie_jar=jar) as session,
    ):
        app = server.atelier.web
        async with serving(app, "127.0.0.1", settings.web_port):
            yield Site(server, clock, session, settings.public_url)


@pytest.fixture
async def house(site: Site) -> House:
    server, guild, client = site.server, site.server.alice.guild, site.client
    insiders = guild.create_role("insiders")
    await client.get_guild(guild.id).get_role(insiders.id).edit(permissions=discord.Permissions.none())
    await (await client.get_guild(guild.id).fetch_member(server.alice.id)).add_roles(discord.Object(insiders.id))
    bot = {client.user: SEE}
    secret = guild.create_text_channel("secret", overwrites={guild.roles["@everyone"]: HIDE, insiders: SEE, **bot})
    adult = guild.create_text_channel("adult")
    client.get_channel(adult.id).nsfw = True
    private = await client.get_channel(server.channel.id).create_thread(
        name="whispers", type=discord.ChannelType.private_thread
    )
    with server.env.time_context():
        await private.add_user(discord.Object(server.alice.id))
    [thread] = [each for each in server.channel.threads if each.id == private.id]
    visible = await site.picture(prompt="a fox in the open")
    rooms = {"secret": secret, "adult": adult, "thread": thread}
    hidden = {
        name: await site.picture(site.in_channel(room), prompt=f"{WORD} fox", file=png(meadow(60 + n, 50)))
        for n, (name, room) in enumerate(rooms.items())
    }
    for number in hidden.values():
        # From a time in which he could still see them.
        await server.atelier.kernel.creations.toggle_favourite(server.bob.id, number)
    return House(site, secret, adult, thread, insiders, visible, hidden)
