"""Command /help: a tour of the commands, with prompts that work for the loaded model."""

from discord import app_commands
from discord.ext import commands

from bot.core.i18n import N_, _
from bot.ui.cards import WORKING, card
from bot.ui.host import Interaction
from engine.api.client import Engine
from engine.api.messages import Ready, World

TOUR = N_(
    "## Atelier paints\n"
    "`/imagine` paints from words alone, such as `a fox in the snow --ar 3:2`; under every result there are buttons to "
    "go on from it.\n"
    "Give `/inpaint` a picture, say which part of it, and what shall be there. Only that part is repainted; the rest "
    "stays as it is.\n"
    "**The part** can be a `region` (left, top right, center, border, subject, background), a `mask` picture, white "
    "where it shall change, or your picture painted over in one strong colour. You see it before anything is painted, "
    "and can pick it from a grid there.\n"
    "**More:** `strength` keeps some of what is there, `count` makes up to four at once, and the same `seed` paints "
    "the same picture again.\n"
    "**In the prompt**, `(red:1.3)` weighs a word, `a cat::2 a castle::1` weighs two ideas, and "
    "`a meadow | left: a fox | right: a lighthouse` gives each thing its place."
)
MORE = N_(
    "**For ideas:** `/describe` finds prompts for a picture, `/shorten` the words that matter, `/blend` makes one "
    "picture of several, and `/gallery` shows what was made here. `/settings` is how you like it."
)
FINDING = N_("The region may also be a thing in the picture: “the cat”, “the red car”, “not the dog”.")
TRUST = N_(
    "**Report**, in the list under a picture, tells the moderators. `/privacy` gives you all that I keep of you, or "
    "deletes it."
)
EXAMPLES = ("a lighthouse at dusk, oil painting", "a vase of peonies, soft morning light", "a fox asleep in the snow")


class Help(commands.Cog):
    """Cog of the /help command."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @app_commands.command(name="help", description="A short tour, with prompts to try")
    async def help(self, interaction: Interaction) -> None:
        """Send the tour as an ephemeral message; the prompts to try depend on the loaded model."""
        state = self._engine.state
        world = state.world if isinstance(state, Ready) else None
        await interaction.response.send_message(view=card(WORKING, *_texts(world)).view, ephemeral=True)


def _texts(world: World | None) -> tuple[str, ...]:
    title = "### " + _("Prompts to try")
    if world is None:
        return ("\n".join(map(_, (TOUR, MORE, TRUST))), _prompts(title, EXAMPLES))
    return (
        "\n".join(map(_, (TOUR, FINDING, MORE, TRUST))),
        _prompts(title, world.prompts),
        _(
            "### What the model in use can paint\n"
            "**Things:** {things}\n"
            "**Colours:** {colours}\n"
            "**Places:** {places}\n"
            "**Styles:** {styles}\n"
            "-# It is small, and paints on any computer. For everything else the server's owner sets ATELIER_MODEL.",
            things=", ".join(world.nouns),
            colours=", ".join(world.colours),
            places=", ".join([*world.places, "by day", "at night", "at sunset"]),
            styles=", ".join(world.styles),
        ),
    )


def _prompts(title: str, prompts: tuple[str, ...]) -> str:
    return "\n".join([title, *(f"- `{prompt}`" for prompt in prompts)])
