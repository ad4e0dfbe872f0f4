"""Moderation: reports, cases, blocks, purges, prompt rules and pictures that are kept out."""

from dataclasses import dataclass

from bot.jobs.appeal_button import AppealButton
from bot.kept_out.views import LetInSelect
from bot.kernel import Kernel
from bot.moderation.block_store import BlockStore
from bot.moderation.blocks import BlockService
from bot.moderation.case_store import CaseStore
from bot.moderation.cases import CaseService
from bot.moderation.cog import Moderation
from bot.moderation.controller import Cases
from bot.moderation.purge import Purge
from bot.moderation.purge_views import PurgeButton
from bot.moderation.retention import Retention
from bot.moderation.views import CaseSelect, LogButton, VerdictButton
from bot.prompt_rules.views import AddRuleButton, RemoveRuleSelect, RulePageButton
from bot.settings.guild_store import GuildStore
from bot.ui.feature import Feature, Items


@dataclass(frozen=True, slots=True, kw_only=True)
class ModerationFeature(Feature):
    """Moderation, and what other features use of it."""

    blocks: BlockService
    cases: CaseService
    controller: Cases
    retention: Retention


def setup(kernel: Kernel) -> ModerationFeature:
    """Return moderation; the client lets no blocked member use it from now on."""
    blocks = BlockService(BlockStore(kernel.database), kernel.jobs, kernel.clock)
    kernel.client.check_access = blocks.check
    services = (blocks, kernel.removal, kernel.delivery, kernel.kept_out)
    stores = (CaseStore(kernel.database), kernel.creations, kernel.files)
    cases = CaseService(kernel.client, *stores, kernel.settings, *services)
    kernel.removal.redraw_outdated.append(cases.redraw_outdated)
    kernel.safety.on_held = cases.changed
    controller = Cases(cases)
    purge = Purge(kernel.removal, kernel.removals, kernel.clock)
    cog = Moderation(blocks, purge, cases, controller, kernel.rules, kernel.kept_out)
    retention = Retention(GuildStore(kernel.database), kernel.removals, kernel.removal, kernel.clock)
    return ModerationFeature(
        cogs=(cog,),
        items=(
            Items(controller, (AppealButton, CaseSelect, LogButton, VerdictButton)),
            Items(cog, (AddRuleButton, LetInSelect, PurgeButton, RemoveRuleSelect, RulePageButton)),
        ),
        tasks=(cases, retention),
        blocks=blocks,
        cases=cases,
        controller=controller,
        retention=retention,
    )
