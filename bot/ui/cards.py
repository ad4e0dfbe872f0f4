"""Cards: messages in Discord's components v2 with one container."""

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
    """A file sent with a card, which refers to it by `filename`.

    `description` is the alternative text for screen readers; a spoiler is blurred until the reader clicks it.
    """

    filename: str
    data: bytes
    description: str
    is_spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """The whole content of a message: its components, and the files that they show."""

    view: ui.LayoutView
    files: tuple[Upload, ...] = ()

    def as_edit(self) -> dict[str, Any]:
        """Return keyword arguments for `Message.edit`, with newly opened files, because sending consumes them."""
        return {
            "view": self.view,
            "attachments": self._open_files(),
            "allowed_mentions": discord.AllowedMentions.none(),
        }

    def as_message(self) -> dict[str, Any]:
        """Return keyword arguments for `send`, with newly opened files."""
        return {"view": self.view, "files": self._open_files(), "allowed_mentions": discord.AllowedMentions.none()}

    def _open_files(self) -> list[discord.File]:
        return [discord.File(io.BytesIO(file.data), file.filename) for file in self.files]


class _Shown(ui.LayoutView):
    """View of persistent items and links only, which discord.py finds by custom id without storing the view."""

    def is_finished(self) -> bool:
        """Return True: discord.py would otherwise store the view of an ephemeral message for 15 minutes."""
        return True


def card(colour: discord.Colour, *parts: ui.Item[Any] | str, files: tuple[Upload, ...] = ()) -> Card:
    """Return a card with an accent colour and the given parts; a string becomes a text display. It never times out."""
    view = _Shown(timeout=None)
    items = (ui.TextDisplay(part) if isinstance(part, str) else part for part in parts)
    view.add_item(ui.Container(*items, accent_colour=colour))
    return Card(view, files)


def gallery(files: Sequence[Upload]) -> ui.MediaGallery[Any]:
    """Return a media gallery that shows the files of a card."""
    return ui.MediaGallery(
        *(
            discord.MediaGalleryItem(
                f"attachment://{file.filename}", description=file.description, spoiler=file.is_spoiler
            )
            for file in files
        )
    )


def moment(when: datetime) -> str:
    """Return a timestamp that Discord displays relative to the current time, such as “in 3 hours”."""
    return f"<t:{when.timestamp():.0f}:R>"
