"""Rendering of the gallery's Jinja templates, with autoescaping of all values."""

import re
from datetime import datetime
from pathlib import Path

from aiohttp import web
from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.challenges.labels import BALLOTS, KINDS, MEDALS, STATES
from bot.core.i18n import _, language_of, ngettext
from bot.settings.models import STAR

PAGES = Path(__file__).parent / "pages"
# Characters that XML 1.0 does not allow, even escaped; see https://www.w3.org/TR/xml/#charsets.
NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")

_environment = Environment(
    loader=FileSystemLoader(PAGES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_environment.globals.update(
    _=_, ngettext=ngettext, ballots=BALLOTS, kinds=KINDS, medals=MEDALS, star=STAR, states=STATES
)
# Loaded at import, so that no request reads a file.
TEMPLATES = {name: _environment.get_template(name) for name in _environment.list_templates(["html", "xml"])}


def rendered(template: str, locale: str, **values: object) -> web.Response:
    """Render an HTML page or an Atom feed.

    `locale` is a Discord locale, for dates and the language attribute; the caller has already set the language for `_`.
    """
    language = language_of(locale)

    def day(moment: datetime) -> str:
        return format_date(moment, "long", locale=language)

    text = TEMPLATES[template].render(language=language, day=day, **values)
    if template.endswith(".xml"):
        return web.Response(text=NOT_IN_XML.sub("", text), content_type="application/atom+xml")
    return web.Response(text=text, content_type="text/html")
