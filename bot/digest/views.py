"""Card of the weekly digest."""

from collections.abc import Sequence
from typing import Any

from discord import ui

from bot.core.i18n import _
from bot.creations.models import Creation
from bot.gallery.views import OpenSelect, credit
from bot.ui.cards import DONE, Card, Upload, card, gallery


def digest_card(best: Sequence[Creation], sheet: Upload) -> Card:
    """Build the card of a contact sheet with a credit line for each picture and a menu that opens them."""
    lines = [f"**{number}** · {credit(each)}" for number, each in enumerate(best, 1)]
    open_row = ui.ActionRow[Any](OpenSelect(best))
    title = "## " + _("The best of the week")
    return card(DONE, title, gallery([sheet]), "\n".join(lines), open_row, files=(sheet,))
