"""Critiques of pictures."""

from dataclasses import dataclass

from bot.critiques.controller import Critiques
from bot.critiques.service import CritiqueService
from bot.critiques.store import CritiqueStore
from bot.critiques.views import CritiqueButton, CritiquesButton
from bot.kernel import Kernel
from bot.ui.feature import Feature, Items


@dataclass(frozen=True, slots=True, kw_only=True)
class CritiquesFeature(Feature):
    """Critiques, and what other features use of them."""

    service: CritiqueService
    controller: Critiques


def setup(kernel: Kernel) -> CritiquesFeature:
    """Return critiques."""
    service = CritiqueService(kernel.client, CritiqueStore(kernel.database), kernel.creations, kernel.settings)
    controller = Critiques(service)
    return CritiquesFeature(
        items=(Items(controller, (CritiqueButton, CritiquesButton)),), service=service, controller=controller
    )
