"""Card of the /info command."""

from bot.core.i18n import _
from bot.creations.models import MemberStats
from bot.jobs.models import JobAllowance
from bot.limits.models import Today
from bot.ui.cards import WORKING, Card, card, moment
from engine.api.messages import EngineState, Loading, Ready, Unavailable


def info_card(stats: MemberStats, allowance: JobAllowance, today: Today, engine: EngineState) -> Card:
    """Build the card of a member's figures in a server, their remaining jobs and pictures, and the engine's state."""
    lines = (
        _(
            "**{count}** pictures in the gallery, {today} of them since yesterday",
            count=stats.creations,
            today=stats.creations_today,
        ),
        _(
            "**{times}** times a favourite of others, who made **{pictures}** pictures from yours",
            times=stats.loved,
            pictures=stats.descendants,
        ),
        _("**{count}** favourites of your own", count=stats.favourites),
    )
    jobs = _(
        "**{unfinished}** of your jobs in line now; {most} may be, and {at_once} of them run at once",
        unfinished=allowance.unfinished,
        most=allowance.most,
        at_once=allowance.at_once,
    )
    return card(
        WORKING, "## " + _("You here"), "\n".join(lines), jobs, *_quota_parts(today), f"-# {_engine_line(engine)}"
    )


def _quota_parts(today: Today) -> list[str]:
    lines = []
    if today.quota:
        text = _("**{left}** of {quota} pictures of today are left for you", left=today.left, quota=today.quota)
        lines.append(text)
    if today.server_quota:
        lines.append(
            _(
                "**{left}** of {quota} pictures of today are left for everyone here",
                left=today.server_left,
                quota=today.server_quota,
            )
        )
    if lines:
        lines.append("-# " + _("A new day begins {time}.", time=moment(today.ends_at)))
    return ["\n".join(lines)] if lines else []


def _engine_line(engine: EngineState) -> str:
    match engine:
        case Ready(model, device, _dtype, native_size):
            return _(
                "{model} paints, on {device}, best at {size} × {size} pixels",
                model=model,
                device=device,
                size=native_size,
            )
        case Loading(stage):
            return _("The model is getting ready: {stage}", stage=stage)
        case Unavailable():
            return _("The model can't be loaded at the moment; the owner's log says why")
