"""Create, export and delete a member's data in tests."""

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

from bot.core.message_ref import MessageRef
from bot.core.safety_levels import Handling
from bot.critiques.models import NewCritique
from bot.jobs.models import NewJob
from bot.moderation.models import Block
from bot.prompt_rules.matching import RuleKind
from bot.settings.models import STAR
from bot.styles.models import Style
from engine.api.messages import GenerationParameters
from tests.support.cards import card_text
from tests.support.images import encoded, meadow, png
from tests.support.member_actions import kept, seen_by, viewer
from tests.support.server import Server

SECRET = "zebrafinch"


async def lived(server: Server) -> Any:
    """Let Alice leave traces everywhere; return the job of Bob's that goes on from a picture of hers."""
    atelier, alice, bob, guild_id = server.atelier, server.alice, server.bob, server.alice.guild.id
    given, mask = (
        await atelier.kernel.files.put(png(meadow(50, 50))),
        await atelier.kernel.files.put(png(meadow(50, 51))),
    )
    job = await kept(
        server, prompt=f"a {SECRET}", file=png(meadow(90, 90)), image_key=given, mask_key=mask, note=SECRET
    )
    [creation] = await server.creations(job)
    await server.bob.slash(server.channel, "show", number=creation.id)
    await kept(server, prompt=SECRET, file=png(meadow(91, 90)), handling=Handling.HOLD)
    copy = await atelier.kernel.files.put(encoded(meadow(90, 90), "PNG", compress_level=1))
    child = await kept(server, member=bob, file=png(meadow(92, 90)), image_key=copy, parent_id=creation.id)
    [theirs] = await server.creations(child)
    await bob.react(server.card(job), STAR)
    await alice.react(server.card(child), STAR)
    await atelier.kernel.creations.toggle_favourite(alice.id, theirs.id)
    await atelier.kernel.creations.toggle_favourite(bob.id, creation.id)
    await atelier.kernel.permits.claim(theirs.id, alice.id, datetime.now(UTC))
    await atelier.critiques.service.write(guild_id, NewCritique(theirs.id, alice.id, SECRET, ""), viewer(server))
    await atelier.kernel.rules.add(guild_id, alice.id, RuleKind.WORDS, ["rude"])
    style = await atelier.kernel.files.put(png(meadow(52, 50)))
    await atelier.kernel.styles._styles.keep(guild_id, alice.id, Style("mine", SECRET, "", True, style))  # pyright: ignore[reportPrivateUsage]
    await atelier.moderation.cases.report(guild_id, theirs.id, alice.id, SECRET)
    await atelier.moderation.cases.report(guild_id, creation.id, bob.id, "rude")
    await atelier.moderation.blocks._blocks.block(  # pyright: ignore[reportPrivateUsage]
        Block(guild_id, bob.id, None, "", alice.id, datetime.now(UTC))
    )
    await atelier.kernel.settings.prefer(alice.id, no_remix=True)
    await server.inpaint(prompt=SECRET)
    dm = MessageRef(alice.id, 5, 6, SECRET)
    own = await atelier.kernel.store.add_job(NewJob(alice.id, dm, GenerationParameters(SECRET)))
    assert own.place.guild_id == alice.id
    return child


async def delete(server: Server, member: Any) -> str:
    """Let a member delete everything about them; return what they read then."""
    asked = await member.slash(server.channel, "privacy delete")
    await member.click(seen_by(server, member, asked), label="Delete everything")
    return card_text(seen_by(server, member, asked))


async def exported(server: Server, member: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what a member is given: the rows by table, and the files by name."""
    parts = await server.atelier.privacy.service.export(member.id, 2**23)
    rows, files = {}, {}
    for part in parts:
        archive = zipfile.ZipFile(io.BytesIO(part))
        for name in archive.namelist():
            if name == "everything.json":
                rows = json.loads(archive.read(name))
            else:
                files[name] = archive.read(name)
    return rows, files
