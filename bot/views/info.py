"""What a member has done, and what paints."""

from bot.records import Room, Use
from bot.views.layout import WORKING, Card, card
from engine.messages import EngineState, Loading, Ready, Unavailable


def info_card(use: Use, room: Room, engine: EngineState) -> Card:
    """Show a member's figures in a server."""
    return card(
        WORKING,
        "## You here",
        f"**{use.creations}** pictures in the gallery, {use.creations_today} of them since yesterday\n"
        f"**{use.loved}** times a favourite of others, who made **{use.descendants}** pictures from yours\n"
        f"**{use.favourites}** favourites of your own",
        f"**{room.unfinished}** of your jobs in line now; {room.most} may be, and {room.at_once} of them run at once",
        _painter(engine),
    )


def _painter(engine: EngineState) -> str:
    match engine:
        case Ready(model, device, _, native_size):
            return f"-# {model} paints, on {device}, best at {native_size} × {native_size} pixels"
        case Loading(stage):
            return f"-# The model is getting ready: {stage}"
        case Unavailable():
            return "-# The model can't be loaded at the moment; the owner's log says why"
