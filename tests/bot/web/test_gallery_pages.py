"""The gallery on the web: who may look, what is shown, and how it holds up against what anybody may send."""

import re
from collections.abc import AsyncIterator
from typing import Any, Literal
from xml.etree import ElementTree

import discord
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from yarl import URL

from bot.core.safety_levels import Handling
from bot.settings.models import WebAccess
from bot.web.gallery.context import ON_A_PAGE
from tests.support.browser import launching
from tests.support.challenges import entered, hold, later
from tests.support.gallery_site import Answer, Site, shown
from tests.support.images import meadow, opened, png
from tests.support.member_actions import kept, likes, taken_out
from tests.support.server import Server
from tests.support.waiting import PATIENCE_SECONDS

ATOM = "{http://www.w3.org/2005/Atom}"
SCRIPT = '<script>alert("1")</script> & "quotes" \'too\''


def turn(answer: Answer, way: str) -> str:
    """Return the query behind one of the buttons for other pages, or nothing."""
    found = re.search(rf'rel="{way}" href="([^"]+)"', answer.text)
    return found[1].replace("&amp;", "&") if found else ""


# Who may look


# What is shown


async def test_pictures_of_age_restricted_and_unknown_channels_are_never_shown(site: Site) -> None:
    server = site.server
    adult = server.alice.guild.create_text_channel("adult")
    site.client.get_channel(adult.id).nsfw = True
    thread = await site.client.get_channel(adult.id).create_thread(name="t", type=discord.ChannelType.public_thread)
    plain = await site.client.get_channel(server.channel.id).create_thread(
        name="t", type=discord.ChannelType.public_thread
    )
    parent = await site.picture()
    hidden = [await site.picture(site.in_channel(each), parent_id=parent) for each in (adult, thread)]
    child = await site.picture(site.in_channel(plain), parent_id=parent)
    grandchild = await site.picture(parent_id=child)
    # What is made from a restricted picture is restricted wherever it is made.
    hidden.append(await site.picture(parent_id=hidden[0]))
    hidden.append(await site.picture(site.in_channel(plain), parent_id=hidden[-1]))
    for access in (WebAccess.MEMBERS, WebAccess.PUBLIC):
        await site.choose(access)
        await site.open()
        assert shown(await site.get()) == [grandchild, child, parent]
        assert shown(await site.get("?view=top")) == [grandchild, child, parent]
        assert shown(await site.get("?q=fox")) == [grandchild, child, parent]
        assert shown(await site.get(f"/m/{server.alice.id}")) == [grandchild, child, parent]
        assert not {str(number) for number in hidden} & set(re.findall(r"/p/(\d+)", (await site.get("/feed.xml")).text))
        assert shown(await site.get(f"/p/{parent}")) == [child]
        assert shown(await site.get(f"/p/{child}")) == [parent, grandchild]
        for number in hidden:
            for path in (f"/p/{number}", f"/p/{number}.webp", f"/p/{number}.png"):
                assert (await site.get(path)).status == 404
    # A channel that is gone is no longer known not to be restricted.
    client_guild = site.client.get_guild(server.alice.guild.id)
    client_guild._remove_channel(site.client.get_channel(server.channel.id))
    assert shown(await site.get()) == []
    client_guild.unavailable = True
    assert (await site.get()).status == 404


async def test_what_not_all_members_see_is_not_public(site: Site) -> None:
    server = site.server
    everyone = server.alice.guild.roles["@everyone"]
    closed = server.alice.guild.create_text_channel(
        "closed",
        overwrites={
            everyone: discord.PermissionOverwrite(view_channel=False),
            site.client.user: discord.PermissionOverwrite(view_channel=True),
        },
    )
    seen, unseen = await site.picture(), await site.picture(site.in_channel(closed))
    await site.open()
    assert shown(await site.get()) == [unseen, seen]
    await site.choose(WebAccess.PUBLIC)
    assert shown(await site.get()) == [seen]
    assert (await site.get(f"/p/{unseen}.png")).status == 404
    site.client.get_guild(server.alice.guild.id).nsfw_level = discord.NSFWLevel.age_restricted
    assert shown(await site.get()) == []


async def test_what_is_held_or_a_spoiler_or_kept_inside_is_not_there(site: Site) -> None:
    preferences, bob = site.server.atelier.kernel.settings, site.server.bob
    await kept(site.server, handling=Handling.HOLD)
    spoiler, fox, theirs = (
        await site.picture(handling=Handling.SPOILER),
        await site.picture(),
        await site.picture(member=bob),
    )
    await preferences.prefer(bob.id, web=False)
    await site.open()
    for path in ("", "?view=top", "?q=fox"):
        assert shown(await site.get(path)) == [fox]
    for number in (1, spoiler, theirs):
        for path in (f"/p/{number}", f"/p/{number}.webp", f"/p/{number}.png"):
            assert (await site.get(path)).status == 404
    await preferences.prefer(bob.id, web=True)
    assert shown(await site.get()) == [theirs, fox]


async def test_a_server_shows_only_its_own(site: Site) -> None:
    await site.choose(WebAccess.PUBLIC)
    number = await site.picture()
    neighbours = site.server.env.create_guild("Neighbours")
    await site.server.atelier.kernel.settings.choose(neighbours.id, web=WebAccess.PUBLIC)
    other = f"{site.root}/gallery/{neighbours.id}"
    assert shown(await site.get(other)) == []
    for path in (f"/p/{number}", f"/p/{number}.webp", f"/p/{number}.png", f"/m/{site.server.alice.id}"):
        assert (await site.get(other + path)).status == 404
    # A person's own gallery, and a server that the bot isn't in.
    for unknown in (site.server.alice.id, 1):
        await site.server.atelier.kernel.settings.choose(unknown, web=WebAccess.PUBLIC)
        assert (await site.get(f"{site.root}/gallery/{unknown}")).status == 404
    # A pass of one server is none for another.
    await site.server.atelier.kernel.settings.choose(neighbours.id, web=WebAccess.MEMBERS)
    await site.choose(WebAccess.MEMBERS)
    token = (await site.link()).rsplit("/", 1)[1]
    assert (await site.get(f"{other}/open/{token}")).status == 403


async def test_a_picture_says_how_it_was_made_by_whom_and_from_what(site: Site) -> None:
    await site.open()
    parent = await site.picture(prompt="a fox")
    middle = await site.picture(prompt="a red fox", parent_id=parent, member=site.server.bob)
    child = await site.picture(prompt="a red fox at night", parent_id=middle)
    page = await site.get(f"/p/{middle}")
    assert shown(page) == [parent, child]
    assert "<h1" in page.text
    for text in ("a red fox", "bob", "starter", "160 × 120", "Scheduler", 'lang="en"', 'alt="a red fox"'):
        assert text in page.text
    await taken_out(site.server, parent)
    assert shown(await site.get(f"/p/{middle}")) == [child]
    assert (await site.get(f"/p/{parent}")).status == 404
    member = await site.get(f"/m/{site.server.bob.id}")
    assert "Pictures by bob" in member.text
    assert shown(member) == [middle]
    assert (await site.get(f"/m/{site.server.moderator.id}")).status == 404
    stranger = await site.picture(member=site.server.env.create_user("gone"))
    assert "a member" in (await site.get(f"/p/{stranger}")).text


async def test_nothing_that_members_write_is_markup(site: Site) -> None:
    await site.choose(WebAccess.PUBLIC)
    number = await site.picture(prompt=SCRIPT + "\x0b\x00")
    site.client.get_guild(site.server.alice.guild.id).name = SCRIPT
    for path in ("", f"/p/{number}", f"/m/{site.server.alice.id}", "/c", "?q=%3Cscript%3Ealert", "/feed.xml"):
        answer = await site.get(path)
        assert answer.status == 200
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text
    feed = ElementTree.fromstring((await site.get("/feed.xml")).body)
    content = feed.findtext(f"{ATOM}entry/{ATOM}content") or ""
    assert content.startswith("<img src=")
    assert "<script" not in content


async def test_the_feed_is_one_that_readers_take(site: Site) -> None:
    await site.choose(WebAccess.PUBLIC)
    assert ElementTree.fromstring((await site.get("/feed.xml")).body).findall(f"{ATOM}entry") == []
    numbers = [await site.picture(prompt=f"fox {number}") for number in range(3)]
    answer = await site.get("/feed.xml")
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(answer.body)
    assert feed.findtext(f"{ATOM}title") == site.server.alice.guild.name
    assert feed.findtext(f"{ATOM}id") == site.home
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["fox 2", "fox 1", "fox 0"]
    assert [entry.findtext(f"{ATOM}author/{ATOM}name") for entry in entries] == ["alice"] * 3
    links = [entry.find(f"{ATOM}link") for entry in entries]
    assert [link.get("href") for link in links if link is not None] == [f"{site.home}/p/{n}" for n in reversed(numbers)]
    assert feed.findtext(f"{ATOM}updated") == entries[0].findtext(f"{ATOM}updated")
    assert f"{site.home}/feed.xml" in answer.text
    assert URL(site.home).path + "/feed.xml" in (await site.get()).text


async def test_pages_stay_right_while_pictures_come(site: Site) -> None:
    await site.choose(WebAccess.PUBLIC)
    await kept(site.server, count=ON_A_PAGE + 3)
    everything = list(range(ON_A_PAGE + 3, 0, -1))
    first = await site.get()
    assert shown(first) == everything[:ON_A_PAGE]
    assert turn(first, "prev") == ""
    newest = await site.picture()
    second = await site.get(turn(first, "next"))
    assert shown(second) == everything[ON_A_PAGE:]
    assert turn(second, "next") == ""
    back = await site.get(turn(second, "prev"))
    assert shown(back) == everything[:ON_A_PAGE]
    assert shown(await site.get(turn(back, "prev"))) == [newest]


async def test_what_members_like_most_is_paged_by_score(site: Site) -> None:
    await site.choose(WebAccess.PUBLIC)
    jobs = [await kept(site.server) for _ in range(ON_A_PAGE + 2)]
    await likes(site.server, jobs[0], site.server.bob, site.server.moderator)
    await likes(site.server, jobs[3], site.server.bob)
    first = await site.get("?view=top")
    assert shown(first)[:3] == [1, 4, ON_A_PAGE + 2]
    assert "⭐ 2" in first.text
    rest = await site.get(turn(first, "next"))
    assert shown(rest) == [3, 2]
    assert shown(await site.get(turn(rest, "prev"))) == shown(first)


async def test_pictures_are_found_by_words(site: Site) -> None:
    await site.choose(WebAccess.PUBLIC)
    for prompt in ("a red fox", "a blue boat", "boats & foxes"):
        await site.picture(prompt=prompt)
    found = await site.get("?q=fox")
    assert shown(found) == [3, 1]
    assert 'value="fox"' in found.text
    assert shown(await site.get("?q=RED+fox&view=top")) == [1]
    for words in ("cow", "%22", "_", "%00", "NEAR(", "gallery:g1", "%ED%A0%80", "%F0%9F%98%80", "zebra*%27--"):
        assert shown(await site.get(f"?q={words}")) == []
    await kept(site.server, count=ON_A_PAGE, prompt="a boat")
    first = await site.get("?q=boat")
    assert shown(await site.get(turn(first, "next"))) == [3, 2]


async def test_a_challenge_shows_its_entries_once_it_is_over(site: Site) -> None:
    server = site.server
    await site.choose(WebAccess.PUBLIC)
    assert "There has been none here" in (await site.get("/c")).text
    await hold(server, title=SCRIPT)
    first, second = await site.picture(), await site.picture(member=server.bob)
    await entered(server, server.alice, await creation(server, first))
    await entered(server, server.bob, await creation(server, second))
    for _ in ("open", "voting"):
        listed, page = await site.get("/c"), await site.get("/c/1")
        assert "/c/1" in listed.text
        assert "2 entries" in page.text
        assert "once the voting is over" in page.text
        assert shown(page) == []
        assert "alice" not in page.text
        assert "<script" not in listed.text + page.text
        await later(server, site.clock, hours=48)
    await later(server, site.clock, hours=48)
    unrelated = await site.picture()
    page = await site.get("/c/1")
    podium, others = page.text.split("<h2>")
    assert "🥇" in podium
    assert sorted(map(int, re.findall(r"/p/(\d+)\.webp", podium))) == [first, second]
    assert re.findall(r"/p/(\d+)\.webp", others) == [str(second), str(first)]
    assert unrelated not in shown(page)
    site.client.get_channel(server.channel.id).nsfw = True
    assert (await site.get("/c/1")).status == 404
    assert "/c/1" not in (await site.get("/c")).text


async def creation(server: Server, number: int) -> Any:
    made = await server.atelier.kernel.creations.any_creation(server.alice.guild.id, number)
    assert made is not None
    return made[0]


async def test_pages_speak_the_servers_language(site: Site) -> None:
    await site.choose(WebAccess.PUBLIC)
    await site.client.get_guild(site.server.alice.guild.id).edit(preferred_locale=discord.Locale.german)
    page = await site.get("?view=top")
    assert 'lang="de"' in page.text
    assert "What members like most" not in page.text


# What browsers are told


async def test_pages_forbid_whatever_they_do_not_need(site: Site) -> None:
    await site.open()
    number = await site.picture()
    paths = ("", f"/p/{number}", f"/p/{number}.webp", f"/p/{number}.png", "/p/99", "/feed.xml", "/nowhere")
    for path in (*paths, f"{site.root}/gallery/static/gallery.css", f"{site.root}/gallery/static/nothing"):
        headers = (await site.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; img-src 'self'; style-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
    for path in ("", f"/p/{number}"):
        page = await site.get(path)
        assert page.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<script|javascript:| on\w+=| style=", page.text)


@pytest.mark.parametrize("access", [WebAccess.MEMBERS, WebAccess.PUBLIC])
async def test_nothing_that_may_be_removed_is_used_again_without_asking(site: Site, access: WebAccess) -> None:
    await site.choose(access)
    await site.open()
    number, other = await site.picture(prompt="a zebrafinch"), await site.picture(file=png(meadow(40, 40)))
    small, full = await site.get(f"/p/{number}.webp"), await site.get(f"/p/{number}.png")
    assert small.headers["Content-Type"] == "image/webp"
    assert max(opened(small.body).size) <= 384
    assert full.headers["Content-Type"] == "image/png"
    assert full.body == png(meadow())
    pictures = [f"/p/{number}.webp", f"/p/{number}.png"]
    pages = ["", "?view=top", "?q=zebrafinch", f"/p/{number}", f"/m/{site.server.alice.id}", "/feed.xml", "/c"]
    tags = {}
    for path in pictures + pages:
        answer = await site.get(path)
        directives = answer.headers["Cache-Control"].split(", ")
        if access is WebAccess.MEMBERS and path in pages:
            # It is kept nowhere.
            assert directives == ["no-store"]
            continue
        assert directives == ["public" if access is WebAccess.PUBLIC else "private", "no-cache"]
        assert answer.headers["ETag"].startswith('"')
        assert "Expires" not in answer.headers
        tags[path] = {"If-None-Match": answer.headers["ETag"]}
        again = await site.get(path, headers=tags[path])
        assert (again.status, again.body) == (304, b"")
        assert again.headers["Cache-Control"] == answer.headers["Cache-Control"]
    await taken_out(site.server, number)
    for path, tag in tags.items():
        answer = await site.get(path, headers=tag)
        if path in (*pictures, f"/p/{number}"):
            assert answer.status == 404, path
        elif path != "/c":
            # The member's other picture is still there.
            assert answer.status == 200, path
            assert "zebrafinch" not in answer.text or "?q=" in path
            assert f"/p/{number}" not in answer.text
            assert f"/p/{other}" in answer.text or "?q=" in path


async def test_a_picture_whose_file_is_gone_is_not_there(site: Site) -> None:
    await site.choose(WebAccess.PUBLIC)
    number = await site.picture()
    files = site.server.atelier.kernel.files
    files.path((await creation(site.server, number)).file_key).unlink()
    for path in (f"/p/{number}.webp", f"/p/{number}.png"):
        assert (await site.get(path)).status == 404


@pytest.mark.parametrize(
    "query",
    [
        "?after=-1",
        "?after=abc",
        "?after=",
        "?after=1e9",
        "?after=9223372036854775808",
        "?before=" + "9" * 5000,
        "?view=top&score=1.5&after=1",
        "?after=%D9%A1",
        "?q=" + "a" * 101,
    ],
)
async def test_numbers_that_are_none_are_refused(site: Site, query: str) -> None:
    await site.choose(WebAccess.PUBLIC)
    await site.picture()
    for path in ("", f"/m/{site.server.alice.id}"):
        answer = await site.get(path + query)
        assert answer.status == 400
        assert "<main" in answer.text


async def test_addresses_of_nothing_are_not_there(site: Site) -> None:
    await site.choose(WebAccess.PUBLIC)
    number = await site.picture()
    huge, largest = "9" * 19, 2**63 - 1
    for path in (
        *(f"/{kind}/{wrong}" for kind in "pmc" for wrong in (0, -1, huge, "9" * 30, "x", "%D9%A1", largest, "..%2F1")),
        *(f"/p/{wrong}{suffix}" for wrong in (0, huge, largest) for suffix in (".webp", ".png")),
        f"/p/{number}.jpg",
        f"/p/{number}/..%2f..%2fsecret",
        "/%2e%2e/%2e%2e/secret",
    ):
        answer = await site.get(path)
        assert answer.status == 404, path
    for wrong in (0, huge, "9" * 30, "x", largest, "static/..%2fapp.py", "static/home.html"):
        assert (await site.get(f"{site.root}/gallery/{wrong}")).status == 404
    for query in (f"?after={largest}", f"?before={largest}", f"?view=top&after={largest}&score={largest}"):
        assert (await site.get(query)).status == 200
    async with site.session.post(site.home) as answer:
        assert answer.status == 405


# In a browser


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    launch = launching()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch)
        yield browser
        await browser.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
async def test_a_member_looks_around_without_a_script(
    site: Site, chromium: Browser, scheme: Literal["light", "dark"], width: int
) -> None:
    parent = await site.picture(prompt="a boat on a lake")
    child = await site.picture(prompt="a" * 900, parent_id=parent)
    await kept(site.server, count=ON_A_PAGE, prompt="a fox in the snow")
    context = await chromium.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 800}, java_script_enabled=False
    )
    context.set_default_timeout(1000 * PATIENCE_SECONDS)
    page, complaints = await context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto(await site.link())
    assert page.url == site.home
    pictures = page.get_by_role("main").get_by_role("img")
    await expect(pictures).to_have_count(ON_A_PAGE)
    await expect(pictures.first).to_have_js_property("complete", True)
    assert await pictures.first.evaluate("image => image.naturalWidth") > 0
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the pictures")).to_be_in_viewport()
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert await lightness(page) > 200 if scheme == "light" else await lightness(page) < 60
    await page.get_by_role("link", name="More").click()
    await expect(pictures).to_have_count(2)
    await page.get_by_role("searchbox").fill("boat")
    await page.get_by_role("button", name="Search").click()
    await expect(pictures).to_have_count(1)
    await pictures.first.click()
    assert page.url == f"{site.home}/p/{parent}"
    await expect(page.get_by_role("heading", level=1)).to_have_text("a boat on a lake")
    for path in ("", f"/p/{parent}", f"/p/{child}", f"/m/{site.server.alice.id}", "/c"):
        await page.goto(site.home + path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert complaints == []
    await context.close()


async def lightness(page: Page) -> float:
    """Return how light the page's ground is, from 0 to 255."""
    colour = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    parts = [int(part) for part in re.findall(r"\d+", colour)[:3]]
    return sum(parts) / len(parts)
