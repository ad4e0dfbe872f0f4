"""Which pictures of the gallery a job is made from."""

from typing import Any

import pytest

from bot.config import Settings
from bot.core.message_ref import MessageRef
from bot.core.safety_levels import Handling
from bot.creations.models import Creation
from bot.creations.source_store import SourceStore
from bot.database.engine import create_database
from bot.jobs.models import NewJob
from engine.api.messages import GenerationParameters
from tests.support.images import meadow, png
from tests.support.member_actions import kept, taken_out
from tests.support.server import Server

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def gallery(idle_server: Server, settings: Settings) -> Any:
    database = create_database(settings.database)
    yield Gallery(idle_server, SourceStore(database))
    await database.dispose()


class Gallery:
    """A gallery in which every picture is another one."""

    def __init__(self, server: Server, store: SourceStore) -> None:
        self.server = server
        self._store = store
        self._width = 60

    async def made(self, member: Any = None, *, count: int = 1, **given: Any) -> list[Creation]:
        self._width += 1
        job = await kept(self.server, count, member=member, file=png(meadow(self._width, 50)), **given)
        return await self.server.creations(job)

    async def sources(self, member: Any = None, **given: Any) -> list[int]:
        place = MessageRef(self.server.alice.guild.id, self.server.channel.id, 1, "token")
        new = NewJob((member or self.server.bob).id, place, GenerationParameters("a fox"), **given)
        return [each.id for each in await self._store.sources(new)]

    async def given(self, width: int) -> str:
        return await self.server.atelier.kernel.files.put(png(meadow(width, 20)))


async def test_words_and_a_members_own_file_have_no_source(gallery: Gallery) -> None:
    await gallery.made()
    assert await gallery.sources() == []
    assert await gallery.sources(image_key=await gallery.given(20), mask_key=await gallery.given(21)) == []


async def test_what_a_job_names_is_a_source_once(gallery: Gallery) -> None:
    [parent] = await gallery.made()
    [lent] = await gallery.made(gallery.server.moderator)
    [laid_over] = await gallery.made()
    keys = {"image_key": parent.file_key, "style_key": lent.file_key}
    named = {"parent_id": parent.id, "source_ids": (laid_over.id, parent.id)}
    assert await gallery.sources(**keys, **named) == [parent.id, lent.id, laid_over.id]
    assert await gallery.sources(style_key=lent.file_key) == [lent.id]
    assert await gallery.sources(image_key=lent.file_key) == [lent.id]


async def test_a_picture_of_another_server_is_none(gallery: Gallery) -> None:
    [elsewhere] = await gallery.made(guild_id=99)
    assert await gallery.sources(image_key=elsewhere.file_key, parent_id=elsewhere.id) == []


async def test_of_two_pictures_that_are_one_file_the_named_or_own_one_counts(gallery: Gallery) -> None:
    bob, file = gallery.server.bob, png(meadow(40, 40))
    first, own = [
        (await gallery.server.creations(await kept(gallery.server, member=each, file=file)))[0]
        for each in (gallery.server.alice, bob)
    ]
    assert first.file_key == own.file_key
    assert await gallery.sources(bob, image_key=own.file_key) == [own.id]
    assert await gallery.sources(gallery.server.moderator, image_key=own.file_key) == [first.id]
    assert await gallery.sources(gallery.server.moderator, image_key=own.file_key, parent_id=own.id) == [own.id]


async def test_a_reroll_is_made_from_the_pictures_of_its_job(gallery: Gallery) -> None:
    """Somebody's own upload is in them: all but the region is returned as it was."""
    keys: dict[str, Any] = {"image_key": await gallery.given(20), "mask_key": await gallery.given(21)}
    first, second = await gallery.made(count=2, **keys)
    assert await gallery.sources(**keys, reroll_of=first.job_id) == [first.id, second.id]
    [again] = await gallery.made(gallery.server.bob, **keys, reroll_of=first.job_id)
    assert await gallery.sources(**keys, reroll_of=again.job_id) == [first.id, second.id, again.id]
    [third] = await gallery.made(gallery.server.bob, **keys, reroll_of=again.job_id)
    assert set(await gallery.sources(**keys, reroll_of=third.job_id)) >= {first.id, second.id, third.id}


async def test_a_reroll_of_a_remix_or_of_a_blend_is_made_from_what_they_were_made_of(gallery: Gallery) -> None:
    [parent], [other] = await gallery.made(), await gallery.made(gallery.server.moderator)
    [remix] = await gallery.made(gallery.server.bob, image_key=parent.file_key, parent_id=parent.id)
    assert await gallery.sources(reroll_of=remix.job_id) == [parent.id, remix.id]
    key = await gallery.given(20)
    [blend] = await gallery.made(gallery.server.bob, image_key=key, source_ids=(parent.id, other.id))
    assert await gallery.sources(image_key=key, reroll_of=blend.job_id) == [parent.id, other.id, blend.id]


async def test_what_is_kept_to_the_byte_is_a_source_of_all_that_follows(gallery: Gallery) -> None:
    [first] = await gallery.made()
    [repainted] = await gallery.made(gallery.server.bob, parent_id=first.id, mask_key=await gallery.given(21))
    [wider] = await gallery.made(gallery.server.bob, parent_id=repainted.id, margins=(0, 9, 0, 0))
    assert await gallery.sources(parent_id=wider.id) == [first.id, repainted.id, wider.id]
    [remix] = await gallery.made(gallery.server.bob, parent_id=wider.id, image_key=wider.file_key)
    assert await gallery.sources(parent_id=remix.id) == [remix.id]
    await taken_out(gallery.server, repainted.id)
    assert await gallery.sources(parent_id=wider.id) == [first.id, wider.id]


async def test_what_was_removed_is_still_a_source_of_what_repeats_it(gallery: Gallery) -> None:
    keys: dict[str, Any] = {"image_key": await gallery.given(20), "mask_key": await gallery.given(21)}
    first, second = await gallery.made(count=2, **keys)
    [remix] = await gallery.made(gallery.server.bob, image_key=first.file_key, parent_id=first.id)
    await taken_out(gallery.server, first.id)
    assert await gallery.sources(reroll_of=first.job_id) == [second.id]
    assert await gallery.sources(reroll_of=remix.job_id) == [first.id, remix.id]
    await taken_out(gallery.server, second.id)
    assert await gallery.sources(reroll_of=first.job_id) == [first.id, second.id]
    held = await kept(gallery.server, handling=Handling.HOLD)
    [waiting] = await gallery.server.atelier.kernel.creations.held_of(held.id)
    assert await gallery.sources(reroll_of=held.id) == [waiting.id]
