"""Card of the leaderboard, with its menu of boards and its buttons for seasons."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import discord
from discord import ui

from bot.core.i18n import N_, _, ngettext
from bot.leaderboard.models import Board, Ranked, Season
from bot.ui.cards import WORKING, Card, card
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction

SHOWN = 10
BOARDS = {
    Board.MAKERS: N_("Makers"),
    Board.REMIXED: N_("Remixed most"),
    Board.CRITICS: N_("Helpful critics"),
}
MEANINGS = {
    Board.MAKERS: N_(
        "A point for each member who likes what you made; 5, 3 and 2 for the first places in a challenge, and 1 for "
        "taking part."
    ),
    Board.REMIXED: N_("A point for each picture that others made from yours."),
    Board.CRITICS: N_("A point for each of your critiques that a picture's maker marked as helpful."),
}
# Board and season in a custom id; a season is its first month, such as 202607.
STATE = r"(?P<board>[a-z]+):(?P<month>\d{6})"


class LeaderboardPages(Protocol):
    """Shows leaderboards: `bot.leaderboard.cog.Leaderboards`."""

    async def turn(self, interaction: Interaction, board: Board, season: Season) -> None:
        """Show another board or season in the same message."""
        ...


class BoardSelect(PersistentItem[LeaderboardPages], ui.DynamicItem[ui.Select[Any]], template=r"board:(?P<month>\d{6})"):
    """Select menu that chooses the board."""

    def __init__(self, month: int, chosen: Board | None = None) -> None:
        self.month = month
        options = [
            discord.SelectOption(label=_(title), value=board, default=board is chosen)
            for board, title in BOARDS.items()
        ]
        super().__init__(ui.Select(custom_id=self.custom_id_for(month=month), options=options))

    async def pressed(self, interaction: Interaction, controller: LeaderboardPages) -> None:
        """Show the chosen board for the same season."""
        await controller.turn(interaction, Board(self.item.values[0]), _season(self.month))


class SeasonButton(PersistentItem[LeaderboardPages], ui.DynamicItem[ui.Button[Any]], template=rf"season:{STATE}"):
    """Button that shows another season of the same board."""

    def __init__(self, board: str, month: int, label: str = "") -> None:
        self.board, self.month = Board(board), month
        super().__init__(ui.Button(label=label, custom_id=self.custom_id_for(board=board, month=month)))

    async def pressed(self, interaction: Interaction, controller: LeaderboardPages) -> None:
        """Show the button's season in the same message."""
        await controller.turn(interaction, self.board, _season(self.month))


def leaderboard_card(board: Board, season: Season, ranks: Sequence[Ranked], viewer_id: int, now: datetime) -> Card:
    """Build the card with the first SHOWN ranks of a season, and the viewer's own rank below if it is lower."""
    quarter = _("Quarter {quarter} of {year}", quarter=(season.begins.month + 2) // 3, year=season.begins.year)
    title = f"## {_(BOARDS[board])} · {quarter}"
    lines = [_line(each) for each in ranks[:SHOWN]] or [_("Nobody is on it.")]
    lines += [f"…\n{_line(each)}" for each in ranks[SHOWN:] if each.user_id == viewer_id]
    season_buttons = [SeasonButton(board, _month(season.before), _("◀ The season before"))]
    season_buttons += [SeasonButton(board, _month(season.after), _("The season after ▶"))] if season.ends <= now else []
    rows = (ui.ActionRow[Any](BoardSelect(_month(season), board)), ui.ActionRow[Any](*season_buttons))
    return card(WORKING, title, "\n".join(lines), f"-# {_(MEANINGS[board])}", *rows)


def _line(ranked: Ranked) -> str:
    points = ngettext("{count} point", "{count} points", count=ranked.points)
    return f"**{ranked.place}** · <@{ranked.user_id}> · {points}"


def _month(season: Season) -> int:
    return season.begins.year * 100 + season.begins.month


def _season(month: int) -> Season:
    return Season.of(datetime(month // 100, month % 100, 1, tzinfo=UTC))
