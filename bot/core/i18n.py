"""The sentences that members read, in the language in which they use Discord.

Sentences stand in the code in English; `bot/locale` has them in other languages, as gettext catalogues that `make
messages` keeps complete. What isn't translated is said in English.
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
    """Return a sentence in the language of whoever is spoken to, with its {names} filled in."""
    # Of no sentence at all, gettext would tell the catalogue's header.
    spoken = _translations(_language.get()).gettext(sentence) if sentence else ""
    return spoken.format(**values) if values else spoken


def ngettext(one: str, many: str, /, count: int, **values: object) -> str:
    """Return a sentence about a number of things, which `{count}` stands for."""
    spoken = _translations(_language.get()).ngettext(one, many, count)
    return spoken.format(count=count, **values)


def N_(sentence: str) -> str:  # noqa: N802 - the name that gettext gives it
    """Mark a sentence as one that is translated later, where it is said."""
    return sentence


def note(sentence: str, /, **values: object) -> str:
    """Return a sentence of `later` as it is kept, with what its {names} stand for; `say_notes` says it."""
    return json.dumps([sentence, {name: str(value) for name, value in values.items()}], ensure_ascii=False)


def say_notes(kept: str) -> str:
    """Say notes, one a line; a line that is no note is as it was written."""
    return "\n".join(map(_say_note, kept.splitlines()))


def _say_note(line: str) -> str:
    # Those of the engine, and of an older version, are plain English.
    if not line.startswith('["'):
        return line
    sentence, values = json.loads(line)
    return _(sentence, **values)


def translated(sentence: str, locale: str) -> str:
    """Return a sentence in the language of one of Discord's locales, such as `de` or `pt-BR`."""
    return _translations(language_of(locale)).gettext(sentence)


def language_of(locale: str) -> str:
    """Return the language of one of Discord's locales, where it is one of `bot/locale`, else English."""
    language = locale.split("-")[0]
    return language if (CATALOGUES / f"{language}.po").is_file() else ENGLISH


def set_language(locale: str) -> None:
    """Speak the language of one of Discord's locales to the end of this task."""
    _language.set(language_of(locale))


@contextmanager
def use_language(locale: str) -> Iterator[None]:
    """Speak the language of one of Discord's locales inside the block."""
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
