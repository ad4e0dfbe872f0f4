"""The pages of `/settings`."""

from bot.kernel import Kernel
from bot.moderation.feature import ModerationFeature
from bot.panels.cog import SettingsPanels
from bot.panels.limits_views import ChannelsSelect, RoleQuotaSelect, RolesSelect
from bot.panels.safety_controller import SafetyPanel
from bot.panels.safety_views import CasesChannelSelect, SafetySelect
from bot.panels.settings_views import (
    EmojiSelect,
    LimitsButton,
    PostsSelect,
    SafetyButton,
    ServerButton,
    SettingSelect,
    SettingToggle,
)
from bot.ui.feature import Feature, Items


def setup(kernel: Kernel, moderation: ModerationFeature) -> Feature:
    """Return the pages of `/settings`."""
    panels = SettingsPanels(kernel.settings, kernel.styles, kernel.jobs, kernel.engine)
    safety = SafetyPanel(kernel.settings, moderation.cases)
    own = (EmojiSelect, PostsSelect, ServerButton, SettingSelect, SettingToggle)
    limits = (ChannelsSelect, LimitsButton, RoleQuotaSelect, RolesSelect)
    return Feature(
        cogs=(panels,),
        items=(Items(panels, (*own, *limits)), Items(safety, (CasesChannelSelect, SafetyButton, SafetySelect))),
    )
