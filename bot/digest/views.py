"""The best pictures of a week, as a card."""

from collections.abc import Sequence
from typing import Any

from discord import ui

from bot.core.i18n import _
from bot.creations.models import Creation
from bot.gallery.views import OpenSelect, credit
from bot.ui.cards import DONE, Card, Upload, card, gallery


def digest_card(best: Sequence[Creation], sheet: Upload) -> Card:
    """Show pictures on a sheet, with credit to their makers and links to where they were made."""
    lines = [f"**{number}** · {credit(each)}" for number, each in enumerate(best, 1)]
    opening = ui.ActionRow[Any](OpenSelect(best))
    title = "## " + _("The best of the week")
    return card(DONE, title, gallery([sheet]), "\n".join(lines), opening, files=(sheet,))
