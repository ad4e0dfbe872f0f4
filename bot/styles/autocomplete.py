"""Names of styles while a member types one."""

from bot.styles.service import NONE, StyleService
from bot.ui.choices import Choices, choices
from bot.ui.host import Interaction
from bot.ui.interactions import gallery_of


async def propose_styles(styles: StyleService, interaction: Interaction, typed: str) -> Choices:
    """Return the styles that a member can use here, and "none", whose names contain what they typed."""
    usable = await styles.all(gallery_of(interaction), interaction.user.id)
    return choices(name for name in (*(style.name for style in usable), NONE) if typed.lower() in name)
