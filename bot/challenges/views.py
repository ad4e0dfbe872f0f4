"""Cards of challenges in their channels, with their buttons and select menus."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import discord
from discord import ui

from bot.challenges.labels import BALLOTS, KINDS, MEDALS, STATES
from bot.challenges.models import Ballot, Challenge, ChallengeKind, Entry
from bot.core.i18n import N_, _, ngettext
from bot.core.message_ref import message_link
from bot.creations.models import Creation
from bot.database.states import ChallengeState
from bot.jobs.result_views import picture_options
from bot.settings.models import STAR
from bot.ui.cards import DONE, REFUSED, WORKING, Card, Upload, card, gallery
from bot.ui.dynamic_items import PersistentItem
from bot.ui.host import Interaction
from bot.ui.text import LOST, escaped, mention

ACTIONS = {
    "paint": N_("Paint an entry"),
    "enter": N_("Enter a picture"),
    "mine": N_("My entries"),
    "vote": N_("Vote"),
}
# Maximum characters of a title, and of a theme, rules or a reason.
TITLE_SHOWN, TEXT_SHOWN = 200, 900
PLACED = 10


class ChallengeActions(Protocol):
    """Takes part in challenges: `bot.challenges.controller.Participation`."""

    async def take_part(self, interaction: Interaction, challenge_id: int, action: str) -> None:
        """Perform the action of a challenge's button."""
        ...

    async def enter(self, interaction: Interaction, challenge_id: int, creation_id: int) -> None:
        """Enter a picture in a challenge."""
        ...

    async def withdraw(self, interaction: Interaction, entry_id: int) -> None:
        """Withdraw an entry."""
        ...


class ChallengeButton(
    PersistentItem[ChallengeActions],
    ui.DynamicItem[ui.Button[Any]],
    template=r"challenge:(?P<challenge_id>\d+):(?P<action>[a-z]+)",
):
    """Button of one action in a challenge; see ACTIONS."""

    def __init__(self, challenge_id: int, action: str) -> None:
        self.challenge_id = challenge_id
        self.action = action
        is_first = action in ("paint", "vote")
        style = discord.ButtonStyle.primary if is_first else discord.ButtonStyle.secondary
        custom_id = self.custom_id_for(challenge_id=challenge_id, action=action)
        super().__init__(ui.Button(label=_(ACTIONS.get(action, "")), style=style, custom_id=custom_id))

    async def pressed(self, interaction: Interaction, controller: ChallengeActions) -> None:
        """Run the action for the member; see `bot.challenges.controller.Participation.take_part`."""
        await controller.take_part(interaction, self.challenge_id, self.action)


class EnterSelect(
    PersistentItem[ChallengeActions], ui.DynamicItem[ui.Select[Any]], template=r"enter:(?P<challenge_id>\d+)"
):
    """Select menu that enters one of the member's pictures in a challenge."""

    def __init__(self, challenge_id: int, creations: Sequence[Creation] = ()) -> None:
        self.challenge_id = challenge_id
        options = picture_options(creations)
        placeholder = _("Enter which picture?")
        super().__init__(
            ui.Select(custom_id=self.custom_id_for(challenge_id=challenge_id), placeholder=placeholder, options=options)
        )

    async def pressed(self, interaction: Interaction, controller: ChallengeActions) -> None:
        """Enter the chosen picture in the challenge."""
        await controller.enter(interaction, self.challenge_id, int(self.item.values[0]))


class IntoSelect(
    PersistentItem[ChallengeActions], ui.DynamicItem[ui.Select[Any]], template=r"into:(?P<creation_id>\d+)"
):
    """Select menu that enters a picture in one of the open challenges."""

    def __init__(self, creation_id: int, challenges: Sequence[Challenge] = ()) -> None:
        self.creation_id = creation_id
        options = [discord.SelectOption(label=each.title[:100], value=str(each.id)) for each in challenges]
        placeholder = _("Enter it in which challenge?")
        super().__init__(
            ui.Select(custom_id=self.custom_id_for(creation_id=creation_id), placeholder=placeholder, options=options)
        )

    async def pressed(self, interaction: Interaction, controller: ChallengeActions) -> None:
        """Enter the picture in the chosen challenge."""
        await controller.enter(interaction, int(self.item.values[0]), self.creation_id)


class WithdrawSelect(PersistentItem[ChallengeActions], ui.DynamicItem[ui.Select[Any]], template="withdraw"):
    """Select menu that withdraws one of the member's entries."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        options = [
            discord.SelectOption(label=_("Picture {number}", number=each.creation_id), value=str(each.id))
            for each in entries
        ]
        super().__init__(
            ui.Select(custom_id=self.custom_id_for(), placeholder=_("Withdraw which entry?"), options=options)
        )

    async def pressed(self, interaction: Interaction, controller: ChallengeActions) -> None:
        """Withdraw the chosen entry."""
        await controller.withdraw(interaction, int(self.item.values[0]))


def announcement_card(
    challenge: Challenge, entries: Sequence[Entry], picture: Upload | None, *, is_lost: bool = False
) -> Card:
    """Build the announcement of a challenge: texts, state, number of entries, and the buttons of that state.

    `is_lost` means that the file of its picture is missing or damaged.
    """
    lines = [
        f"## {escaped(challenge.title, TITLE_SHOWN)}",
        escaped(challenge.theme, TEXT_SHOWN),
        *([escaped(challenge.rules, TEXT_SHOWN)] if challenge.rules else []),
        f"-# {_(KINDS[challenge.kind])} {_(BALLOTS[challenge.ballot])}",
        f"**{_(STATES[challenge.state])}** · {_when(challenge)}",
    ]
    if is_lost:
        lines.append(_(LOST))
    if challenge.role_id and challenge.state is not ChallengeState.CANCELLED:
        lines.append(_("The winner gets {role}.", role=f"<@&{challenge.role_id}>"))
    if challenge.state in (ChallengeState.OPEN, ChallengeState.VOTING):
        lines.append(ngettext("{count} entry so far", "{count} entries so far", count=len(entries)))
    buttons = [ChallengeButton(challenge.id, action) for action in _actions(challenge)]
    rows = [ui.ActionRow[Any](*buttons)] if buttons else []
    files = (picture,) if picture else ()
    pictures = [gallery(files)] if files else []
    ended = {ChallengeState.CLOSED: DONE, ChallengeState.CANCELLED: REFUSED}
    return card(ended.get(challenge.state, WORKING), "\n".join(lines), *pictures, *rows, files=files)


def podium_card(
    challenge: Challenge, placed: Sequence[Entry], voters: int, picture: Upload | None, *, is_lost: bool = False
) -> Card:
    """Build the result card of a challenge from its `placed` entries, best first, of which it shows PLACED.

    `is_lost` means that a file of its picture is missing or damaged.
    """
    title = _("Results: {title}", title=escaped(challenge.title, TITLE_SHOWN))
    if not placed:
        return card(DONE, f"## {title}", _("Nobody entered a picture this time."))
    lines = [
        f"{MEDALS[each.place - 1] if each.place <= len(MEDALS) else f'{each.place}.'} {mention(each.user_id)} · "
        + _("picture {number}", number=each.creation_id)
        + (f" · {STAR} {each.votes:.0f}" if challenge.ballot is Ballot.STARS else "")
        for each in placed[:PLACED]
    ]
    if is_lost:
        lines.append(_(LOST))
    counted = ngettext("{count} member voted", "{count} members voted", count=voters)
    if challenge.message_id:
        link = message_link(challenge.guild_id, challenge.channel_id, challenge.message_id)
        counted += f" · [{_('the challenge')}]({link})"
    files = (picture,) if picture else ()
    return card(
        DONE, f"## {title}", *([gallery(files)] if files else []), "\n".join([*lines, f"-# {counted}"]), files=files
    )


def choice_card(text: str, select: ui.Item[Any], files: Sequence[Upload] = ()) -> Card:
    """Build a card with a text, a select menu, and the pictures to choose from."""
    pictures = [gallery(files)] if files else []
    return card(WORKING, text, *pictures, ui.ActionRow[Any](select), files=tuple(files))


def challenges_card(challenges: Sequence[Challenge]) -> Card:
    """Build the list of challenges with their ids, states and times."""
    if not challenges:
        return card(WORKING, "## " + _("Challenges"), _("There has been none here; `/challenge create` makes one."))
    lines = [
        f"**{each.id}** · {_linked(each)} · {_(STATES[each.state])}" + (f" · {when}" if (when := _when(each)) else "")
        for each in challenges
    ]
    return card(WORKING, "## " + _("Challenges"), "\n".join(lines))


def _linked(challenge: Challenge) -> str:
    title = escaped(challenge.title, TITLE_SHOWN)
    if challenge.message_id is None:
        return title
    return f"[{title}]({message_link(challenge.guild_id, challenge.channel_id, challenge.message_id)})"


def _actions(challenge: Challenge) -> list[str]:
    match challenge.state:
        case ChallengeState.OPEN:
            paint = ["paint"] if challenge.kind is not ChallengeKind.PROMPT else []
            return [*paint, "enter", "mine"]
        case ChallengeState.VOTING:
            return ["vote"]
        case _:
            return []


def _when(challenge: Challenge) -> str:
    match challenge.state:
        case ChallengeState.PLANNED:
            return _("begins {time}", time=_time(challenge.starts_at))
        case ChallengeState.OPEN:
            return _("entries until {time}", time=_time(challenge.ends_at))
        case ChallengeState.VOTING:
            return _("votes until {time}", time=_time(challenge.voting_ends_at))
        case ChallengeState.CLOSED:
            return _("ended {time}", time=_time(challenge.voting_ends_at))
        case ChallengeState.CANCELLED:
            return escaped(challenge.reason, TEXT_SHOWN)


def _time(moment: datetime) -> str:
    return discord.utils.format_dt(moment, "R")
