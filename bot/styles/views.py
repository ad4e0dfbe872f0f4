"""The styles that a member can use."""

from collections.abc import Sequence
from itertools import accumulate

from bot.core.i18n import _, ngettext
from bot.styles.models import Style
from bot.ui.cards import WORKING, Card, card
from bot.ui.text import escaped

# Of one style's words, and of all together: a message has room for 4,000 characters.
WORDS_SHOWN, SHOWN = 100, 3500


def styles_card(styles: Sequence[Style]) -> Card:
    """Show styles with their words, as many as there is room for."""
    lengths = accumulate(len(_in_words(style)) + 1 for style in styles)
    fitting = sum(1 for length in lengths if length <= SHOWN)
    lines = [_in_words(style) for style in styles[:fitting]] or [_("None yet; `/style add` keeps one.")]
    if len(styles) > fitting:
        lines.append("-# " + ngettext("and {count} more", "and {count} more", count=len(styles) - fitting))
    return card(WORKING, "\n".join(["## " + _("Styles"), *lines]))


def _in_words(style: Style) -> str:
    whose = _("(yours)") + " " if style.is_own else ""
    parts = [escaped(style.words, WORDS_SHOWN)]
    if style.negative_words:
        without = escaped(style.negative_words, WORDS_SHOWN)
        parts.append(_("without: {words}", words=without))
    if style.image_key:
        parts.append(_("in the style of a picture"))
    return f"**{style.name}** {whose}{' · '.join(parts)}"
