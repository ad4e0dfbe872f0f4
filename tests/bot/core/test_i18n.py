"""What members read, in their own language."""

import re
from typing import Any

import discord
import pytest
import simcord.interactions
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.core.i18n import CATALOGUES, N_, _, language_of, ngettext, use_language
from bot.platform.command_translator import CommandTexts
from tests.support.cards import card_text
from tests.support.member_actions import imagined, seen_by
from tests.support.server import Server
from tools.messages import template

LANGUAGES = ("de", "es", "fr", "ja", "pt")
NAMES = re.compile(r"\{\w+\}")


def catalogue(language: str) -> Catalog:
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def sentences(said: Any) -> list[str]:
    """Return the one form of a message's text, or all of them."""
    return [said] if isinstance(said, str) else list(said or ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language: str) -> None:
    known, wanted = catalogue(language), template()
    missing, broken = [], []
    for original in (sentences(message.id) for message in wanted if message.id):
        message = known.get(original[0])
        translations = sentences(message.string) if message else []
        if not translations or not all(translations):
            missing.append(original)
        names = {name for each in original for name in NAMES.findall(each)} - {"{count}"}
        broken += [each for each in translations if set(NAMES.findall(each)) - {"{count}"} != names]
    assert missing == []
    assert broken == []
    assert len(known) == len(wanted)


def test_a_language_that_is_not_there_is_english() -> None:
    assert language_of("de") == "de"
    assert language_of("pt-BR") == "pt"
    assert language_of("es-419") == "es"
    assert language_of("nl") == "en"


def test_sentences_are_said_in_the_language_spoken() -> None:
    sentence = N_("The prompt is empty; say in a few words what to paint.")
    with use_language("de"):
        german = _(sentence)
        with use_language("en-US"):
            assert _(sentence) == sentence
        assert _(sentence) == german
    assert german != sentence
    assert _("Place {place} in line.", place=3) == "Place 3 in line."
    for count, text in ((1, "1 picture was made from it"), (2, "2 pictures were made from it")):
        assert ngettext("{count} picture was made from it", "{count} pictures were made from it", count=count) == text


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members whose Discord is in German; SimCord's are all American."""
    built = simcord.interactions.base_payload

    def base_payload(*arguments: Any, **options: Any) -> Any:
        record, payload = built(*arguments, **options)
        return record, payload | {"locale": "de"}

    monkeypatch.setattr(simcord.interactions, "base_payload", base_payload)


@pytest.mark.usefixtures("german")
async def test_a_member_reads_their_language(idle_server: Server) -> None:
    server, alice = idle_server, idle_server.alice
    with use_language("de"):
        empty, none = _("The prompt is empty; say in a few words what to paint."), _("You have no job in it.")
        style = _("Kept. Add `style:{name}` to /imagine or /inpaint.", name="dusk")
    refused = await alice.slash(server.channel, "imagine", prompt=" ")
    assert refused.response.content == empty
    told = await alice.slash(server.channel, "queue")
    assert none in card_text(seen_by(server, alice, told))
    kept = await alice.slash(server.channel, "style add", name="dusk", words="at sunset")
    assert kept.response.content == style
    # A press is answered in it too.
    panel = seen_by(server, alice, await alice.slash(server.channel, "settings"))
    await alice.click(panel, custom_id="settings:preview")
    with use_language("de"):
        assert _("Your settings") in card_text(panel)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_discord_is_told_the_texts_of_commands(idle_server: Server, language: str) -> None:
    tree = idle_server.atelier.client.tree
    locale = {"es": "es-ES", "pt": "pt-BR"}.get(language, language)
    for command in tree.get_commands():
        payload: Any = await command.get_translated_payload(tree, CommandTexts())
        assert not payload.get("name_localizations") or payload["type"] == 3
        for part in _parts(payload):
            assert locale in part.get("description_localizations", {}), part["name"]


def _parts(payload: Any) -> list[Any]:
    if payload.get("type") == 3 and "options" not in payload:
        return []
    return [payload, *(each for option in payload.get("options", []) for each in _parts({**option, "type": 0}))]


async def test_a_card_speaks_its_servers_language(server: Server) -> None:
    guild = server.atelier.client.get_guild(server.alice.guild.id)
    assert guild is not None
    await guild.edit(preferred_locale=discord.Locale.german)
    job = await imagined(server, count=1, prompt="a fox")
    with use_language("de"):
        assert _("{count} steps", count=4) in server.text(job)
    assert "steps" not in server.text(job)
    told = await server.alice.slash(server.channel, "queue")
    assert "You have no job in it." in card_text(seen_by(server, server.alice, told))
