"""Translation of engine errors into sentences for members."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.core.errors import UserError
from bot.core.i18n import N_, _
from engine.api.client import Engine, EngineDiedError, UnansweredError
from engine.api.messages import Ready

ENGINE_NOT_READY = N_("The model is getting ready, and I can't think about that yet; try again in a while.")
ENGINE_DIED = N_("The painter stumbled over that; try again.")


@contextmanager
def asking(engine: Engine) -> Iterator[None]:
    """Raise UserError with a sentence for the member if the engine is not ready, dies or cannot answer."""
    if not isinstance(engine.state, Ready):
        raise UserError(_(ENGINE_NOT_READY))
    try:
        yield
    except UnansweredError as error:
        raise UserError(str(error)) from error
    except EngineDiedError as error:
        raise UserError(_(ENGINE_DIED)) from error
