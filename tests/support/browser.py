"""Where tests find their browser; `make test` sees to it that there is one."""

from typing import TypedDict

import pytest
from playwright import async_api, sync_api

from tests.support.waiting import PATIENCE_SECONDS
from tools.browser import FLAGS, MISSING, executable

for api in (async_api, sync_api):
    api.expect.set_options(timeout=1000 * PATIENCE_SECONDS)


class Launch(TypedDict):
    """What Playwright's `launch` takes."""

    executable_path: str
    args: list[str]
    timeout: float


def launching() -> Launch:
    """Return how Playwright launches the browser; skip the test where there is none."""
    path = executable()
    if not path:
        pytest.skip(MISSING)
    return Launch(executable_path=path, args=FLAGS, timeout=1000 * PATIENCE_SECONDS)
