"""Plot of the pictures by day. Call from a thread."""

import io

from bot.creations.models import Kind
from bot.stats.models import KINDS, Activity

# Height of the y axis as a multiple of the highest bar.
HEADROOM = 1.08
INCHES, DOTS_AN_INCH = (8.0, 4.5), 150
BACKGROUND, LINE, TEXT = "#1e1f22", "#4e5058", "#dbdee1"
# The colours of 🟦, 🟨, 🟥 and ⬜ in Discord, the legend in the card: a plot without words needs no translation.
COLOURS = {Kind.IMAGINED: "#55acee", Kind.REPAINTED: "#fdcb58", Kind.REMIXED: "#dd2e44"}
MEMBERS = "#e6e7e8"


def draw_activity(activity: Activity, *, with_members: bool) -> bytes:
    """Return a PNG plot of the pictures by day and kind; `with_members` adds a plot of the makers by day below it."""
    # Imported here because loading takes a second and only plots need it.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(INCHES, DOTS_AN_INCH, facecolor=BACKGROUND, layout="constrained")
    FigureCanvasAgg(figure)
    ratios = [3, 1] if with_members else [1]
    axes = figure.subplots(len(ratios), sharex=True, squeeze=False, height_ratios=ratios)[:, 0]
    days = range(len(activity.days))
    bottoms = [0] * len(activity.days)
    for kind in KINDS:
        counts = [day.pictures.get(kind, 0) for day in activity.days]
        axes[0].bar(days, counts, bottom=bottoms, color=COLOURS[kind], width=0.8)
        bottoms = [low + count for low, count in zip(bottoms, counts, strict=True)]
    axes[0].set_ylim(0, HEADROOM * max(bottoms))
    if with_members:
        members = [day.members for day in activity.days]
        axes[1].bar(days, members, color=MEMBERS, width=0.8)
        axes[1].set_ylim(0, HEADROOM * max(members))
    for each in axes:
        each.set_facecolor(BACKGROUND)
        each.tick_params(colors=TEXT, labelsize=12, length=0)
        each.spines[:].set_visible(False)
        each.grid(axis="y", color=LINE, linewidth=0.8)
        each.set_axisbelow(True)
        each.yaxis.set_major_locator(MaxNLocator(nbins=4 if each is axes[0] else 2, integer=True, min_n_ticks=1))
    # Labels for today and days whole weeks before it, with a step at which the dates do not overlap.
    step = 7 if len(activity.days) <= 35 else 14
    shown = list(reversed(days))[::step]
    axes[-1].set_xticks(shown, [activity.days[number].date.strftime("%m-%d") for number in shown])
    axes[-1].set_xlim(-0.6, len(activity.days) - 0.4)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
