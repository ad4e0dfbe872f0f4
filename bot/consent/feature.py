"""Consent of makers: their answers, and the requests to them."""

from collections.abc import Callable
from datetime import datetime

from bot.consent.controller import Permits
from bot.consent.store import PermitStore
from bot.consent.views import PermitButton
from bot.creations.store import CreationStore
from bot.ui.feature import Feature, Items
from bot.ui.host import Host


def setup(client: Host, permits: PermitStore, creations: CreationStore, clock: Callable[[], datetime]) -> Feature:
    """Return the buttons of requests, and let the client ask makers where an error says so."""
    controller = Permits(permits, creations, clock)
    client.ask_makers = controller.ask
    return Feature(items=(Items(controller, (PermitButton,)),))
