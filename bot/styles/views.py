"""Card with the styles that a member can use."""

from collections.abc import Sequence
from itertools import accumulate

from bot.core.i18n import _, ngettext
from bot.styles.models import Style
from bot.ui.cards import WORKING, Card, card
from bot.ui.text import escaped

# Characters shown of the words of one style, and of all styles together: a message has at most 4,000.
WORDS_SHOWN, SHOWN = 100, 3500


def styles_card(styles: Sequence[Style]) -> Card:
    """Return a card that lists styles with their words, as many as fit, and the number of the others."""
    lengths = accumulate(len(_style_text(style)) + 1 for style in styles)
    shown = sum(1 for length in lengths if length <= SHOWN)
    lines = [_style_text(style) for style in styles[:shown]] or [_("None yet; `/style add` keeps one.")]
    if len(styles) > shown:
        lines.append("-# " + ngettext("and {count} more", "and {count} more", count=len(styles) - shown))
    return card(WORKING, "\n".join(["## " + _("Styles"), *lines]))


def _style_text(style: Style) -> str:
    whose = _("(yours)") + " " if style.is_own else ""
    parts = [escaped(style.words, WORDS_SHOWN)]
    if style.negative_words:
        without = escaped(style.negative_words, WORDS_SHOWN)
        parts.append(_("without: {words}", words=without))
    if style.image_key:
        parts.append(_("in the style of a picture"))
    return f"**{style.name}** {whose}{' · '.join(parts)}"
