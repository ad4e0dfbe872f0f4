"""Settings of servers and preferences of members."""

from dataclasses import dataclass
from enum import StrEnum

from bot.core.safety_levels import Handling, Level

STAR = "⭐"


@dataclass(frozen=True, slots=True)
class Defaults:
    """What is used where a command says nothing else; empty, or 0, where nothing was chosen."""

    model: str = ""
    aspect: str = ""
    count: int = 0
    style: str = ""


@dataclass(frozen=True, slots=True)
class Preferences(Defaults):
    """How a member likes it.

    `preview`: see the region before anything is painted. `ask_first`: others ask before they go on from a picture;
    `no_remix`: they can't at all. `web`: one's pictures may be shown outside Discord.
    `critiques`: what others say of their pictures is told them by direct message.
    """

    preview: bool = True
    ask_first: bool = False
    no_remix: bool = False
    web: bool = True
    critiques: bool = False


class WebAccess(StrEnum):
    """Who may open a server's gallery on the web."""

    OFF = "off"
    MEMBERS = "members"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class GuildSettings(Defaults):
    """How a server likes it: what its members begin with.

    `jobs_a_member` is how many jobs of one member may wait and run, 0 for as many as the installation allows. Reactions
    with one of `emojis` count; what so many like as `showcase_from`, 0 for the usual
    number, is shown in `showcase_channel_id`, 0 for nowhere. The best of each week is posted in `digest_channel_id`, 0
    for nowhere. `web` is who may open the gallery on the web.

    `safety` is what passes in most channels, `safety_restricted` in age-restricted ones, `handling` what is done with
    the rest. Moderators decide in `cases_channel_id`, 0 for none. Pictures are kept for `keep_days`, 0 for ever.

    How many pictures a member, one with a role (pairs of its id and the number) and all together may have a day; how
    many seconds lie between two jobs of a member, after how many days as a member they may have one, and with which
    roles and in which channels; 0 or empty for no limit.
    """

    jobs_a_member: int = 0
    emojis: tuple[str, ...] = (STAR,)
    showcase_channel_id: int = 0
    showcase_from: int = 0
    digest_channel_id: int = 0
    web: WebAccess = WebAccess.MEMBERS
    pictures_a_day: int = 0
    role_pictures: tuple[tuple[int, int], ...] = ()
    pictures_a_server: int = 0
    cooldown: int = 0
    member_days: int = 0
    roles: tuple[int, ...] = ()
    channels: tuple[int, ...] = ()
    safety: Level = Level.USUAL
    safety_restricted: Level = Level.OFF
    handling: Handling = Handling.HOLD
    cases_channel_id: int = 0
    keep_days: int = 0
