"""Errors of questions to the engine, as members read them."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.core.errors import UserError
from bot.core.i18n import N_, _
from engine.client import Engine, EngineDiedError, UnansweredError
from engine.messages import Ready

NOT_YET = N_("The model is getting ready, and I can't think about that yet; try again in a while.")


STUMBLED = N_("The painter stumbled over that; try again.")


@contextmanager
def asking(engine: Engine) -> Iterator[None]:
    """Turn whatever keeps the engine from answering into a sentence."""
    if not isinstance(engine.state, Ready):
        raise UserError(_(NOT_YET))
    try:
        yield
    except UnansweredError as error:
        raise UserError(str(error)) from error
    except EngineDiedError as error:
        raise UserError(_(STUMBLED)) from error
