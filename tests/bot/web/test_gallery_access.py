"""Access to the web gallery: links, cookies, membership and server settings."""

import re
from typing import Any

import discord
import pytest
from aiohttp import ClientSession
from yarl import URL

from bot.platform import members
from bot.settings.models import WebAccess
from bot.web.gallery.access import COOKIE
from bot.web.gallery.passes import GalleryPasses
from bot.web.server import serving
from tests.support.gallery_site import Site, shown
from tests.support.hidden_rooms import House
from tests.support.images import meadow, png
from tests.support.member_actions import seen_by
from tests.support.moderation import block
from tests.support.server import Server


async def test_members_come_in_by_a_link_that_leaves_no_trace_in_the_address(site: Site) -> None:
    number = await site.picture()
    for path in ("", f"/p/{number}", f"/p/{number}.webp", f"/p/{number}.png", "/feed.xml", "/c"):
        refused = await site.get(path)
        assert refused.status == 403
        assert "/gallery web" in refused.text
        assert site.server.alice.guild.name not in refused.text
    answer = await site.get(await site.link(), allow_redirects=False)
    assert answer.status == 303
    assert answer.headers["Location"] == URL(site.home).path
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for part in ("HttpOnly", "SameSite=Lax", f"Path={URL(site.home).path}", "Max-Age=86400"):
        assert part in cookie
    assert "Secure" not in cookie
    assert shown(await site.get()) == [number]


async def test_a_pass_over_https_is_secure() -> None:
    passes = GalleryPasses(b"secret", "https://pictures.example.org/atelier/")
    assert passes.path(5) == "/atelier/gallery/5"
    assert passes.link(5, 7, WebAccess.PUBLIC) == "https://pictures.example.org/atelier/gallery/5"
    address, token = passes.link(5, 7, WebAccess.MEMBERS).rsplit("/", 1)
    assert address == "https://pictures.example.org/atelier/gallery/5/open"
    assert passes.holder(token, 5) == 7
    assert passes.holder(token, 6) is None


async def test_forged_and_old_links_open_nothing(site: Site, aged: Any) -> None:
    link = await site.link()
    other = GalleryPasses(b"another secret", site.root).link(
        site.server.alice.guild.id, site.server.alice.id, WebAccess.MEMBERS
    )
    # Not the last letter, of which base64 leaves two bits unread.
    forged_link = link[:-2] + ("A" if link[-2] != "A" else "B") + link[-1]
    for forged in (forged_link, other, site.home + "/open/%F0%9F%98%80"):
        assert (await site.get(forged)).status == 403
    assert (await site.get(cookies={COOKIE: "forged"})).status == 403
    aged(24 * 3600 - 60)
    assert (await site.get(link)).status == 200
    aged(24 * 3600 + 60)
    assert (await site.get(link)).status == 403
    assert (await site.get()).status == 403


async def test_the_server_chooses_who_may_look(site: Site) -> None:
    server, manager = site.server, site.server.moderator
    await site.picture()
    panel = seen_by(server, manager, await manager.slash(server.channel, "settings"))
    panel = seen_by(server, manager, await manager.click(panel, label="The server's settings"))
    assert "Gallery on the web for: members" in str([item.to_dict() for item in panel.components])
    await manager.select(panel, ["public"], custom_id="choose:all:web")
    assert await site.link() == site.home
    assert len(shown(await site.get())) == 1
    await manager.select(panel, ["off"], custom_id="choose:all:web")
    assert (await site.get()).status == 404
    answer = await server.alice.slash(server.channel, "gallery web")
    assert "is not on the web" in answer.response.content
    await manager.select(panel, ["members"], custom_id="choose:all:web")
    assert (await site.get()).status == 403


async def test_without_a_public_address_there_are_no_pages(idle_server: Server) -> None:
    server = idle_server
    answer = await server.alice.slash(server.channel, "gallery web")
    assert "ATELIER_PUBLIC_URL" in answer.response.content
    app = server.atelier.web
    async with serving(app, "127.0.0.1", 0) as address, ClientSession(address) as session:
        page = await session.get(f"/gallery/{server.alice.guild.id}")
        assert page.status == 404


async def test_pages_are_a_members_own_and_end_with_their_membership(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, server = house.site, house.server
    carol = server.alice.guild.add_member(server.env.create_user("carol"), roles=[house.insiders])
    assert (await site.get(await site.link(carol))).status == 200
    assert shown(await site.get()) == [house.hidden["secret"], house.shown]
    monkeypatch.setattr(members, "FRESH_SECONDS", 0.0)
    with server.env.time_context():
        member = await house.cached.fetch_member(carol.id)
        await member.remove_roles(discord.Object(house.insiders.id))
    assert shown(await site.get()) == [house.shown]
    await block(server, carol)
    assert (await site.get()).status == 403
    await server.atelier.moderation.blocks.lift(server.alice.guild.id, carol.id)
    assert (await site.get()).status == 200
    with server.env.time_context():
        await (await house.cached.fetch_member(carol.id)).kick()
    for path in ("", f"/p/{house.shown}", f"/p/{house.shown}.webp", f"/p/{house.shown}.png"):
        assert (await site.get(path)).status == 403


async def test_a_member_is_asked_for_once_a_minute(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    fetch = discord.Guild.fetch_member

    async def counted(guild: discord.Guild, member_id: int, /) -> discord.Member:
        asked.append(member_id)
        return await fetch(guild, member_id)

    monkeypatch.setattr(discord.Guild, "fetch_member", counted)
    await house.site.open()
    for _ in range(5):
        await house.site.get()
    assert asked == [house.server.alice.id]
    monkeypatch.setattr(members, "monotonic", lambda: 10**9)
    await house.site.get()
    assert len(asked) == 2


async def test_where_discord_does_not_answer_nobody_is_let_in(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    link = await house.site.link()

    async def broken(_guild: discord.Guild, _member_id: int, /) -> discord.Member:
        raise OSError("no route to host")

    monkeypatch.setattr(discord.Guild, "fetch_member", broken)
    answer = await house.site.get(link)
    assert answer.status == 503
    assert "Reload this page" in answer.text


async def test_what_is_made_from_what_is_kept_inside_is_kept_inside(site: Site) -> None:
    server, bob = site.server, site.server.bob
    parent = await site.picture(file=png(meadow(71, 52)))
    child = await site.picture(member=bob, parent_id=parent, file=png(meadow(72, 52)))
    grandchild = await site.picture(member=server.moderator, parent_id=child, file=png(meadow(73, 52)))
    await site.open()
    assert shown(await site.get()) == [grandchild, child, parent]
    await server.atelier.kernel.settings.prefer(server.alice.id, web=False)
    assert shown(await site.get()) == []


async def test_the_painters_page_shows_what_pages_may_show_to_members(site: Site) -> None:
    server, bob = site.server, site.server.bob
    number = await site.picture()
    answer = await bob.slash(server.channel, "show", number=number)
    message = next(each for each in server.channel.history(viewer=bob) if each.id == answer.response.id)
    draft = seen_by(server, bob, await bob.select(message, ["region"], custom_id=f"more:{number}"))
    [url] = re.findall(r"http://[^\s'\"]+/paint/[^\s'\"]+", str([item.to_dict() for item in draft.components]))
    for address in (url, f"{url}/picture", f"{url}/mask"):
        assert (await site.get(address)).status == 200
    await server.atelier.kernel.settings.prefer(server.alice.id, web=False)
    for address in (url, f"{url}/picture", f"{url}/mask"):
        refused = await site.get(address)
        assert (refused.status, "outside Discord" in refused.text) == (403, True)
    await server.atelier.kernel.settings.prefer(server.alice.id, web=True)
    assert (await site.get(url)).status == 200
    await block(server, bob)
    assert (await site.get(f"{url}/picture")).status == 403
