"""What a card is: one message in components v2, with one container."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import discord
from discord import ui

WORKING, DONE, REFUSED = discord.Colour.blurple(), discord.Colour.green(), discord.Colour.red()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be sent with a card, which shows it by its name; the description is for who can't see it.

    A spoiler is seen once one presses it.
    """

    filename: str
    data: bytes
    description: str
    is_spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A message's whole content: its components, and the files they show."""

    view: ui.LayoutView
    files: tuple[Upload, ...] = ()

    def as_edit(self) -> dict[str, Any]:
        """Return the arguments of a message's edit; files are opened anew, because sending uses them up."""
        return {"view": self.view, "attachments": self._opened(), "allowed_mentions": discord.AllowedMentions.none()}

    def as_message(self) -> dict[str, Any]:
        """Return the arguments of a new message."""
        return {"view": self.view, "files": self._opened(), "allowed_mentions": discord.AllowedMentions.none()}

    def _opened(self) -> list[discord.File]:
        return [discord.File(io.BytesIO(file.data), file.filename) for file in self.files]


class _Shown(ui.LayoutView):
    """A view whose items are all lasting, or links: discord.py finds them by their ids, and need not keep the view."""

    def is_finished(self) -> bool:
        """Return whether discord.py should forget it; otherwise it keeps what only one member sees for 15 minutes."""
        return True


def card(colour: discord.Colour, *parts: ui.Item[Any] | str, files: tuple[Upload, ...] = ()) -> Card:
    """Return a card of parts, texts among them; it lives as long as its message."""
    view = _Shown(timeout=None)
    items = (ui.TextDisplay(part) if isinstance(part, str) else part for part in parts)
    view.add_item(ui.Container(*items, accent_colour=colour))
    return Card(view, files)


def gallery(files: Sequence[Upload]) -> ui.MediaGallery[Any]:
    """Return the part of a card that shows its files."""
    return ui.MediaGallery(
        *(
            discord.MediaGalleryItem(
                f"attachment://{file.filename}", description=file.description, spoiler=file.is_spoiler
            )
            for file in files
        )
    )


def moment(when: datetime) -> str:
    """Return a time as Discord shows it from now on, such as “in 3 hours”."""
    return f"<t:{when.timestamp():.0f}:R>"
