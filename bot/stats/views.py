"""Card of the statistics: a plot and the same figures in words."""

from datetime import UTC, datetime, time

import discord

from bot.core.i18n import _, ngettext
from bot.creations.models import Kind
from bot.gallery.filter_views import KINDS as NAMES
from bot.stats.models import KINDS, Activity
from bot.ui.cards import WORKING, Card, Upload, card, gallery

# Legend in the colours of `bot.stats.plot`.
SQUARES = {Kind.IMAGINED: "🟦", Kind.REPAINTED: "🟨", Kind.REMIXED: "🟥"}
MEMBERS = "⬜"


def stats_card(activity: Activity, plot: bytes | None, user_id: int = 0) -> Card:
    """Build the card of a server's activity, or of a member's if `user_id` is not 0.

    `plot` is None if no pictures were made.
    """
    days, busiest, made = len(activity.days), activity.busiest, activity.pictures
    title = "## " + _("The last {days} days", days=days) + (f" · <@{user_id}>" if user_id else "")
    if plot is None:
        return card(WORKING, title, _("No pictures here."))
    count, most = sum(made.values()), busiest.count
    lines = [ngettext("**{count}** picture", "**{count}** pictures", count=count)]
    lines += [f"{SQUARES[kind]} {_(NAMES[kind])}: **{made[kind]}**" for kind in KINDS]
    if not user_id:
        lines.append(
            f"{MEMBERS} "
            + ngettext("**{count}** member made them", "**{count}** members made them", count=activity.members)
        )
    moment = datetime.combine(busiest.date, time(12), UTC)
    lines.append(_("Most on {day}: **{count}**", day=discord.utils.format_dt(moment, "d"), count=most))
    described = _(
        "Pictures a day in the last {days} days: {count} in all, {most} on the busiest day, {day}.",
        days=days,
        count=count,
        most=most,
        day=busiest.date.isoformat(),
    )
    file = Upload("activity.png", plot, described)
    return card(WORKING, title, gallery([file]), "\n".join(lines), files=(file,))
