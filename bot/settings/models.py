"""Values of server settings and member preferences, with their defaults."""

from dataclasses import dataclass
from enum import StrEnum

from bot.core.safety_levels import Handling, Level

STAR = "⭐"


@dataclass(frozen=True, slots=True)
class Defaults:
    """Default options of a request, used if the command does not set them; empty or 0 if nothing was chosen."""

    model: str = ""
    aspect: str = ""
    count: int = 0
    style: str = ""


@dataclass(frozen=True, slots=True)
class Preferences(Defaults):
    """Preferences of a member.

    - `preview`: show the region before anything is painted.
    - `ask_first`: other members need consent before they remix the member's pictures.
    - `no_remix`: other members cannot remix the member's pictures at all.
    - `web`: the member's pictures may be shown outside Discord.
    - `critiques`: critiques of the member's pictures are sent to them by direct message.
    """

    preview: bool = True
    ask_first: bool = False
    no_remix: bool = False
    web: bool = True
    critiques: bool = False


class WebAccess(StrEnum):
    """Access to a server's gallery on the web: nobody, members of the server, or everybody."""

    OFF = "off"
    MEMBERS = "members"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class GuildSettings(Defaults):
    """Settings of a server, and the default options of its members' requests.

    - `jobs_a_member`: unfinished jobs that one member may have; 0 for the installation's limit.
    - `emojis`: reactions that count as likes.
    - `showcase_channel_id`: channel of the showcase, 0 for none; `showcase_from`: likes needed to be shown there, 0 for
      the default number.
    - `digest_channel_id`: channel of the weekly digest of the best pictures, 0 for none.
    - `web`: who may open the gallery on the web.
    - `safety`, `safety_restricted`: safety levels of normal and of age-restricted channels; `handling`: how pictures
      above the level are handled.
    - `cases_channel_id`: channel in which moderators decide cases, 0 for none.
    - `keep_days`: days after which pictures are removed, 0 for never.

    Limits, where 0 or empty means no limit:

    - `pictures_a_day`: pictures per member and day; `role_pictures`: the same for members with a role, as pairs of role
      id and number; `pictures_a_server`: pictures per day of all members together.
    - `cooldown`: seconds between two jobs of a member.
    - `member_days`: days of membership before the first job.
    - `roles`, `channels`: roles and channels in which jobs are accepted.
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
