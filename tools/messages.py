"""Bring the catalogues in `bot/locale` up to date with what the bot says; `make messages` calls this.

Add new sentences with no translation, and drop those that are gone; `tests/bot/core/test_i18n.py` says what is still
to be translated. Names of languages as arguments create their catalogues.
"""

import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from discord.ext import commands

import bot
from bot.core.i18n import CATALOGUES
from bot.platform.command_translator import command_texts

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
HEADER = "# What Atelier says, in another language. Keep {names} and `commands` as they are."


def template() -> Catalog:
    """Return a catalogue of everything that members read."""
    catalogue = Catalog(project="Atelier", header_comment=HEADER, fuzzy=False)
    for file, _line, message, comments, _context in extract_from_dir(
        ROOT / "bot",
        method_map=[
            ("**.py", "python"),
            ("web/gallery/pages/**.html", "jinja2"),
            ("web/gallery/pages/**.xml", "jinja2"),
        ],
        keywords=KEYWORDS,
        comment_tags=(),
    ):
        catalogue.add(message, locations=[(f"bot/{file}", 0)], auto_comments=comments)
    for text in command_texts(_cogs()):
        catalogue.add(text, locations=[("the commands", 0)])
    return catalogue


def _cogs() -> list[type[commands.Cog]]:
    """Return the cogs of all features."""
    modules = [import_module(each.name) for each in walk_packages(bot.__path__, "bot.") if each.name.endswith("cog")]
    found = [each for module in modules for each in vars(module).values() if isinstance(each, type)]
    return [each for each in found if issubclass(each, commands.Cog) and each.__module__.startswith("bot.")]


def main(languages: list[str]) -> None:
    """Update all catalogues, and begin those of more languages."""
    wanted = template()
    CATALOGUES.mkdir(exist_ok=True)
    for language in sorted({*languages, *(file.stem for file in CATALOGUES.glob("*.po"))}):
        path = CATALOGUES / f"{language}.po"
        catalogue = Catalog(locale=language, project="Atelier", header_comment=HEADER, fuzzy=False)
        if path.is_file():
            with path.open("rb") as file:
                catalogue = read_po(file, locale=language)
        catalogue.update(wanted, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalogue, width=120, include_lineno=False, omit_header=False)
        missing = sum(1 for message in catalogue if message.id and not message.string)
        print(f"{path.relative_to(ROOT)}: {len(catalogue)} sentences, {missing} to translate")


if __name__ == "__main__":
    main(sys.argv[1:])
