"""Several models in memory at once, within a budget; the one that was not used for longest goes first."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence

import torch

from engine.models.loading import AnyModel
from engine.models.source import ModelUnavailableError
from engine.refusal import RefusedError

log = logging.getLogger(__name__)


class ModelCache:
    """The models that requests may name, each loaded when it is first asked for.

    The first one stays, and is what a request gets that names none.
    """

    def __init__(
        self,
        first: AnyModel,
        others: Sequence[str] = (),
        load: Callable[[str], AnyModel] | None = None,
        budget_bytes: int = 0,
    ) -> None:
        self.first = first
        self._names = tuple(others)
        self._load = load
        self._budget = budget_bytes
        self._others: OrderedDict[str, AnyModel] = OrderedDict()

    def get(self, name: str) -> AnyModel:
        """Return the model of that name, loading it where it isn't here. Raises RefusedError where it can't be had."""
        if name in ("", self.first.name):
            return self.first
        if name not in self._names or self._load is None:
            known = ", ".join((self.first.name, *self._names))
            raise RefusedError(f"This server has no model {name[:60]}; choose one of: {known}.")
        if name not in self._others:
            self._others[name] = self._loaded(name)
            while len(self._others) > 1 and self._used() > self._budget:
                self._drop_oldest()
        self._others.move_to_end(name)
        return self._others[name]

    def _loaded(self, name: str) -> AnyModel:
        assert self._load is not None  # noqa: S101
        while True:
            try:
                return self._load(name)
            except ModelUnavailableError as error:
                if not self._others:
                    log.exception("the model %s can't be loaded", name)
                    raise RefusedError(
                        f"The model {name} can't be loaded now; use another, and tell the server's owner."
                    ) from error
            # It may not have fitted beside the others.
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        name, _ = self._others.popitem(last=False)
        log.info("the model %s leaves memory", name)
        torch.cuda.empty_cache()

    def _used(self) -> int:
        return sum(model.memory_bytes() for model in (self.first, *self._others.values()))
