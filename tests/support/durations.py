"""How long each test took when it last ran, and a run of the fast ones alone: `pytest --budget 25`."""

import pytest

KEY = "atelier/durations"
# Longer than this, and a test is no fast one.
FAST_SECONDS = 2.0
# What a test is taken to need that has never run.
USUAL_SECONDS = 0.3


class Durations:
    """A pytest plugin that keeps the seconds of tests in pytest's cache, and chooses by them."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._now: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up the phases of a test."""
        self._now[report.nodeid] = self._now.get(report.nodeid, 0.0) + report.duration

    def pytest_sessionfinish(self) -> None:
        """Keep what was measured; of several processes, the controller hears of all tests."""
        cache = _cache(self._config)
        if cache and self._now and not hasattr(self._config, "workerinput"):
            rounded = {name: round(seconds, 2) for name, seconds in self._now.items()}
            cache.set(KEY, {**cache.get(KEY, {}), **rounded})

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the fast tests, in their order, until the budget is spent."""
        left = self._config.getoption("budget")
        if left is None:
            return
        cache = _cache(self._config)
        known = cache.get(KEY, {}) if cache else {}
        chosen, rest = list[pytest.Item](), list[pytest.Item]()
        for item in items:
            seconds = known.get(item.nodeid, USUAL_SECONDS)
            if seconds <= min(FAST_SECONDS, left):
                left -= seconds
                chosen.append(item)
            else:
                rest.append(item)
        items[:] = chosen
        self._config.hook.pytest_deselected(items=rest)


def _cache(config: pytest.Config) -> pytest.Cache | None:
    # There is none with `-p no:cacheprovider`.
    return getattr(config, "cache", None)
