"""The studio: pictures from words, and everything that members do with one picture."""

from dataclasses import dataclass

from bot.critiques.feature import CritiquesFeature
from bot.drafts.feature import DraftsFeature
from bot.gallery.feature import GalleryFeature
from bot.gallery.views import OpenSelect
from bot.jobs.result_views import (
    KeepOutButton,
    OneOfSelect,
    PictureActionButton,
    PictureActionSelect,
    RemoveButton,
    RerollButton,
)
from bot.kernel import Kernel
from bot.moderation.feature import ModerationFeature
from bot.studio.context_menus import Menus
from bot.studio.details_views import KinSelect
from bot.studio.help_cog import Help
from bot.studio.ideas_cog import Ideas
from bot.studio.ideas_service import IdeaService
from bot.studio.imagine_cog import Imagine
from bot.studio.info_cog import Info
from bot.studio.picture_actions import Results
from bot.studio.service import Studio
from bot.studio.show_cog import Show
from bot.ui.feature import Feature, Items


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioFeature(Feature):
    """The studio, and what other features use of it."""

    service: Studio
    results: Results


def setup(
    kernel: Kernel,
    drafts: DraftsFeature,
    gallery: GalleryFeature,
    critiques: CritiquesFeature,
    moderation: ModerationFeature,
) -> StudioFeature:
    """Return the studio; other features may add actions to its `results`."""
    service = Studio(kernel.store, kernel.creations, kernel.jobs, kernel.unknown_words)
    results = Results(kernel, service, drafts.cards, critiques.controller)
    results.add_action("critique", critiques.controller.ask)
    results.add_action("critiques", critiques.controller.show)
    results.add_action("alike", gallery.cog.alike)
    results.add_action("report", moderation.controller.ask_report)
    ideas = IdeaService(kernel.engine)
    menus = Menus(drafts.cards, results, kernel.creations, critiques.controller, moderation.controller)
    return StudioFeature(
        cogs=(
            Imagine(service, kernel.engine, kernel.settings, kernel.styles, kernel.proposals),
            Ideas(ideas, service, kernel.settings, kernel.files, kernel.given, kernel.kept_out),
            Show(results),
            Info(kernel.lineage, kernel.jobs, kernel.engine),
            Help(kernel.engine),
        ),
        menus=menus.commands,
        items=(
            Items(results, (PictureActionButton, PictureActionSelect, OneOfSelect, RemoveButton, RerollButton)),
            Items(results, (KeepOutButton, KinSelect, OpenSelect)),
        ),
        service=service,
        results=results,
    )
