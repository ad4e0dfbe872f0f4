"""Translation of the sentences that members read into the language of their Discord client.

The source sentences are English. `bot/locale` has one gettext catalogue for each other language, which `make messages`
updates. A sentence without a translation is returned in English.
"""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUES = Path(__file__).parent.parent / "locale"
ENGLISH = "en"

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def _(sentence: str, /, **values: object) -> str:
    """Return the translation of `sentence` into the current language, with its {names} filled in from `values`."""
    # gettext translates an empty string to the catalogue's header.
    translation = _translations(_language.get()).gettext(sentence) if sentence else ""
    return translation.format(**values) if values else translation


def ngettext(one: str, many: str, /, count: int, **values: object) -> str:
    """Return the translation in the plural form for `count`, with `{count}` and the other {names} filled in."""
    translation = _translations(_language.get()).ngettext(one, many, count)
    return translation.format(count=count, **values)


def N_(sentence: str) -> str:  # noqa: N802 - the name that gettext gives it
    """Mark a sentence for the catalogues and return it unchanged; `_` translates it when it is used."""
    return sentence


def note(sentence: str, /, **values: object) -> str:
    """Return a sentence marked with `N_` and its values as one line of JSON to store; `say_notes` translates it."""
    return json.dumps([sentence, {name: str(value) for name, value in values.items()}], ensure_ascii=False)


def say_notes(kept: str) -> str:
    """Return the translation of stored notes, one per line; a line that is not a note stays unchanged."""
    return "\n".join(map(_translate_note, kept.splitlines()))


def _translate_note(line: str) -> str:
    # Notes of the engine and of older versions are plain English.
    if not line.startswith('["'):
        return line
    sentence, values = json.loads(line)
    return _(sentence, **values)


def translated(sentence: str, locale: str) -> str:
    """Return the translation of `sentence` for a Discord locale such as `de` or `pt-BR`."""
    return _translations(language_of(locale)).gettext(sentence)


def language_of(locale: str) -> str:
    """Return the language of a Discord locale if `bot/locale` has a catalogue for it, otherwise English."""
    language = locale.split("-")[0]
    return language if (CATALOGUES / f"{language}.po").is_file() else ENGLISH


def set_language(locale: str) -> None:
    """Set the current language from a Discord locale, until the current asyncio task ends."""
    _language.set(language_of(locale))


@contextmanager
def use_language(locale: str) -> Iterator[None]:
    """Set the current language from a Discord locale inside the block."""
    token = _language.set(language_of(locale))
    try:
        yield
    finally:
        _language.reset(token)


@cache
def _translations(language: str) -> NullTranslations:
    file = CATALOGUES / f"{language}.po"
    if not file.is_file():
        return NullTranslations()
    with file.open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
