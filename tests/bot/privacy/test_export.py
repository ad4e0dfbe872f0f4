"""The export of a member's data contains no other member's data."""

import json
from typing import Any

from bot.critiques.models import NewCritique
from bot.database.named_columns import GIVEN, KEPT, NAMED, WITHHELD
from tests.support.images import encoded, meadow, opened, png
from tests.support.member_actions import kept, seen_by
from tests.support.privacy import delete, exported
from tests.support.server import Server


def undecided() -> list[str]:
    """Return the columns of tables with members' rows of which nobody has said whether they are given."""
    decided = {(table, name) for (table, _), names in GIVEN.items() for name in names} | set(WITHHELD)
    tables = {table for table, _ in (*NAMED, *KEPT)}
    return [
        f"{table.__tablename__}.{column.name}"
        for table in tables
        for column in table.__table__.columns
        if (table, column.name) not in decided
    ]


def test_of_every_column_it_is_decided_whether_it_is_given() -> None:
    assert undecided() == []
    assert set(GIVEN) == {*NAMED, *KEPT}
    names = {table: {name for (each, name) in GIVEN if each is table} for table, _ in GIVEN}
    for (table, column), given in GIVEN.items():
        # Another column that names somebody is given only by itself.
        assert not set(given) & (names[table] - {column}), (table, column)
        assert not {(table, each) for each in given} & set(WITHHELD)


async def test_others_ids_and_words_are_not_given(idle_server: Server) -> None:
    server, alice, bob, moderator = idle_server, idle_server.alice, idle_server.bob, idle_server.moderator
    bot, guild_id = server.atelier, idle_server.alice.guild.id
    job = await kept(server)
    [creation] = await server.creations(job)
    [bobs] = await server.creations(await kept(server, member=bob))
    await bot.moderation.cases.report(guild_id, creation.id, bob.id, "bobswords")
    await bot.moderation.cases.report(guild_id, bobs.id, alice.id, "aliceswords")
    log = seen_by(server, moderator, await moderator.slash(server.channel, "moderation log"))
    for number in ("1", "2"):
        case = seen_by(server, moderator, await moderator.select(log, [number], custom_id="case"))
        modal = await moderator.click(case, label="Warn")
        await moderator.submit_modal(modal, {"why": "morganswords", "keep_out": True})
    for member in (alice, bob):
        await moderator.slash(server.channel, "moderation block", member=member, reason="morgansreason")
    await bot.critiques.service._critiques.write(guild_id, NewCritique(creation.id, bob.id, "bobscritique", ""))  # pyright: ignore[reportPrivateUsage]
    everybody = {alice: "alice", bob: "bob", moderator: "morgan"}
    for member in everybody:
        rows, _ = await exported(server, member)
        told = json.dumps(rows)
        assert str(member.id) in told
        for other, name in everybody.items():
            if other is not member:
                assert str(other.id) not in told, (everybody[member], name)
                assert f"{name}s" not in told, (everybody[member], name)
    rows, _ = await exported(server, alice)
    assert [each["verdict"] for each in rows["cases"]] == ["warn", "warn", "block"]
    assert [each.get("reason") for each in rows["cases"]] == [None, "aliceswords", None]
    assert list(rows["blocks"][0]) == ["guild_id", "user_id", "until", "created_at"]
    rows, _ = await exported(server, moderator)
    assert {each["why"] for each in rows["cases"] if each["kind"] == "report"} == {"morganswords"}
    assert len(rows["kept_out"]) == 1
    assert "creation_id" not in rows["kept_out"][0]


async def test_others_pictures_are_not_given_and_what_was_uploaded_is(idle_server: Server) -> None:
    server, bob = idle_server, idle_server.bob
    store = server.atelier.kernel.files

    async def put(width: int, **options: Any) -> str:
        return await store.put(encoded(meadow(width, 40), "PNG", **options))

    await server.moderator.slash(
        server.channel, "style add", name="server", words="", picture=("a.png", png(meadow(21, 40))), for_everyone=True
    )
    await server.alice.slash(server.channel, "style add", name="hers", picture=("a.png", png(meadow(22, 40))))
    [theirs] = await server.creations(await kept(server, member=bob, file=png(meadow(23, 40))))
    await kept(server, member=bob, image_key=await put(24), mask_key=await put(25), file=png(meadow(26, 40)))
    # Hers: made, uploaded, and uploaded in place of what she remixes.
    await kept(server, file=png(meadow(31, 40)), image_key=await put(32), mask_key=await put(33))
    await kept(server, file=png(meadow(34, 40)), image_key=await put(35), parent_id=theirs.id)
    # Not hers: a copy of what she remixes, what she had done once more of Bob's, and the server's style.
    copy = await put(23, compress_level=1)
    await kept(server, file=png(meadow(36, 40)), image_key=copy, parent_id=theirs.id)
    await kept(server, file=png(meadow(37, 40)), image_key=await put(24), mask_key=await put(25))
    await kept(server, file=png(meadow(38, 40)), style_key=await put(21))
    _, files = await exported(server, server.alice)
    widths = sorted(opened(data).width for data in files.values())
    assert widths == [22, 31, 32, 33, 34, 35, 36, 37, 38]
    await delete(server, server.alice)
    left = {opened(path.read_bytes()).width for path in store.folder.rglob("*.png")}
    assert left == {21, 23, 24, 25, 26}


async def test_a_canvas_is_given_to_who_holds_the_challenge(club: Server) -> None:
    server, host = club, club.moderator
    canvas = {"kind": "canvas", "image": ("a.png", png(meadow(41, 40))), "region": "left"}
    await host.slash(server.channel, "challenge create", title="Same", theme="gold", **canvas)
    challenge = await server.atelier.challenges.service.challenge(host.guild.id, 1)
    await kept(server, file=png(meadow(42, 40)), image_key=challenge.image_key, mask_key=challenge.mask_key)
    for member, widths in ((host, [41, 41]), (server.alice, [42])):
        _, files = await exported(server, member)
        assert sorted(opened(data).width for data in files.values()) == widths
