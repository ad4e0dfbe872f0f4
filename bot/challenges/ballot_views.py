"""Cards of a member's ballot: entries without the names of their makers, in an order that differs by member."""

from collections.abc import Sequence
from typing import Any, Protocol

import discord
from discord import ui

from bot.challenges.models import Challenge, Entry
from bot.core.i18n import N_, _
from bot.settings.models import STAR
from bot.ui.cards import DONE, WORKING, Card, Upload, card, gallery
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction
from bot.ui.text import escaped

# Entries on one page of the ballot; Discord allows five buttons in a row.
SHOWN = 5
SIDES = {"left": N_("The left one"), "right": N_("The right one")}


class BallotActions(Protocol):
    """Takes votes: `bot.challenges.controller.Participation`."""

    async def star(self, interaction: Interaction, challenge_id: int, page: int, entry_id: int) -> None:
        """Give an entry a star, or take it back."""
        ...

    async def turn(self, interaction: Interaction, challenge_id: int, page: int) -> None:
        """Show another page of the ballot."""
        ...

    async def prefer(self, interaction: Interaction, challenge_id: int, chosen_id: int, other_id: int) -> None:
        """Prefer one entry to another."""
        ...


class StarButton(
    PersistentItem[BallotActions],
    ui.DynamicItem[ui.Button[Any]],
    template=r"star:(?P<challenge_id>\d+):(?P<page>\d+):(?P<entry_id>\d+)",
):
    """Button that gives an entry a star or takes the star back."""

    def __init__(self, challenge_id: int, page: int, entry_id: int, number: int = 0, is_given: bool = False) -> None:
        self.challenge_id, self.page, self.entry_id = challenge_id, page, entry_id
        style = discord.ButtonStyle.success if is_given else discord.ButtonStyle.secondary
        custom_id = self.custom_id_for(challenge_id=challenge_id, page=page, entry_id=entry_id)
        super().__init__(ui.Button(label=f"{STAR} {number}", style=style, custom_id=custom_id))

    async def pressed(self, interaction: Interaction, controller: BallotActions) -> None:
        """Toggle the member's star and show the same page of the ballot again."""
        await controller.star(interaction, self.challenge_id, self.page, self.entry_id)


class BallotButton(
    PersistentItem[BallotActions],
    ui.DynamicItem[ui.Button[Any]],
    template=r"ballot:(?P<challenge_id>\d+):(?P<page>\d+)",
):
    """Button that shows another page of the ballot."""

    def __init__(self, challenge_id: int, page: int, label: str = "") -> None:
        self.challenge_id, self.page = challenge_id, page
        super().__init__(ui.Button(label=label, custom_id=self.custom_id_for(challenge_id=challenge_id, page=page)))

    async def pressed(self, interaction: Interaction, controller: BallotActions) -> None:
        """Show the button's page in the same message."""
        await controller.turn(interaction, self.challenge_id, self.page)


class PreferButton(
    PersistentItem[BallotActions],
    ui.DynamicItem[ui.Button[Any]],
    template=r"prefer:(?P<challenge_id>\d+):(?P<chosen_id>\d+):(?P<other_id>\d+)",
):
    """Button that chooses the better one of two entries."""

    def __init__(self, challenge_id: int, chosen_id: int, other_id: int, side: str = "left") -> None:
        self.challenge_id, self.chosen_id, self.other_id = challenge_id, chosen_id, other_id
        custom_id = self.custom_id_for(challenge_id=challenge_id, chosen_id=chosen_id, other_id=other_id)
        super().__init__(ui.Button(label=_(SIDES[side]), style=discord.ButtonStyle.primary, custom_id=custom_id))

    async def pressed(self, interaction: Interaction, controller: BallotActions) -> None:
        """Store the choice and show the next pair."""
        await controller.prefer(interaction, self.challenge_id, self.chosen_id, self.other_id)


def stars_card(
    challenge: Challenge, order: Sequence[Entry], given: set[int], page: int, files: tuple[Upload, ...]
) -> Card:
    """Build a page of a stars ballot.

    `files` are the thumbnails of the entries on `page`; `given` holds the ids of the entries with the member's star.
    """
    first = page * SHOWN
    part = order[first : first + SHOWN]
    stars = [
        StarButton(challenge.id, page, each.id, number, each.id in given) for number, each in enumerate(part, first + 1)
    ]
    page_buttons = [BallotButton(challenge.id, page - 1, "◀")] if page else []
    page_buttons += [BallotButton(challenge.id, page + 1, "▶")] if len(order) > first + SHOWN else []
    text = _(
        "Entries {first} to {last} of {count}. Press the numbers of those that you like; press again to take it back.",
        first=first + 1,
        last=first + len(part),
        count=len(order),
    )
    rows = [ui.ActionRow[Any](*stars), *([ui.ActionRow[Any](*page_buttons)] if page_buttons else [])]
    return card(WORKING, _title(challenge), gallery(files), text, *rows, files=files)


def pair_card(challenge: Challenge, pair: tuple[Entry, Entry], compared: int, files: tuple[Upload, ...]) -> Card:
    """Build the card that compares two entries; `compared` is the number of pairs that the member has compared."""
    left, right = pair
    text = _("Which one is better? You have compared {count} pairs; stop whenever you like.", count=compared)
    buttons = (
        PreferButton(challenge.id, left.id, right.id, "left"),
        PreferButton(challenge.id, right.id, left.id, "right"),
    )
    return card(WORKING, _title(challenge), gallery(files), text, ui.ActionRow[Any](*buttons), files=files)


def compared_card(challenge: Challenge) -> Card:
    """Build the card for a member who has compared all pairs."""
    return card(DONE, _title(challenge), _("You have compared all entries. Thank you!"))


def _title(challenge: Challenge) -> str:
    return f"## {escaped(challenge.title, 200)}"
