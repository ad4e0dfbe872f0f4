"""Ask which of the pinned packages are known to be vulnerable; `make lint` calls this, and passes without a network.

One question goes to https://osv.dev, which has the advisories of PyPI and of GitHub
(https://google.github.io/osv.dev/post-v1-querybatch). It ends with 1 where something is known. Where nobody answers who
knows, it says that nothing was checked, and ends with 0.
"""

import json
import re
import sys
from http.client import HTTPException
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

from tools.bootstrap import TORCH

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = "https://api.osv.dev/v1/querybatch"
# For all of it: a name that isn't resolved, or an answer that comes in drops, holds nobody up for longer.
SECONDS = 5.0
PIN = re.compile(r"([\w.-]+)==([\w.!+-]+)")
# It has been known to be vulnerable for years. Who doesn't know that, a mirror without such data, say, knows nothing.
VULNERABLE = ("jinja2", "2.4.1")

Pin = tuple[str, str]


class UnknownError(Exception):
    """Nobody answered who knows; the message says why."""


def pins() -> list[Pin]:
    """Return the name and version of all that the locks pin, and of torch, which tools/bootstrap.py pins."""
    lines = {TORCH, *(line for lock in ROOT.glob("requirements*.lock") for line in lock.read_text().splitlines())}
    # See the overrides in pyproject.toml.
    installed = [line for line in lines if "sys_platform == 'never'" not in line]
    return sorted({(found[1], found[2]) for line in installed if (found := PIN.match(line))})


def advisories(packages: list[Pin]) -> dict[Pin, list[str]]:
    """Return the ids of what is known of the packages that are vulnerable. Raises UnknownError."""
    answers: SimpleQueue[Any] = SimpleQueue()
    # A thread that nobody waits for: a resolver can't be told to be quick.
    Thread(target=lambda: answers.put(_answer([VULNERABLE, *packages])), daemon=True).start()
    try:
        answer = answers.get(timeout=SECONDS)
    except Empty:
        raise UnknownError(f"there was no answer within {SECONDS:g} s") from None
    if isinstance(answer, Exception):
        raise UnknownError(str(answer)) from answer
    try:
        of_vulnerable, *known = [[each["id"] for each in result.get("vulns", ())] for result in answer["results"]]
        found = {package: ids for package, ids in zip(packages, known, strict=True) if ids}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnknownError("the answer can't be read") from error
    if not of_vulnerable:
        raise UnknownError(f"whoever answered doesn't know that {'=='.join(VULNERABLE)} is vulnerable")
    return found


def _answer(packages: list[Pin]) -> Any:
    """Return the service's answer, or the error that stood in the way."""
    queries = [{"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in packages]
    request = Request(ADDRESS, json.dumps({"queries": queries}).encode(), {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - the address is ours
            return json.load(answer)
    except (OSError, HTTPException, ValueError) as error:
        return error


def main() -> None:
    """Say what is known; exit 1 where that is something."""
    packages = pins()
    try:
        found = advisories(packages)
    except UnknownError as error:
        print(f"Dependencies were NOT checked for known vulnerabilities: {error}.")
        return
    for (name, version), ids in found.items():
        print(f"{name} {version}: {', '.join(f'https://osv.dev/{each}' for each in ids)}")
    if found:
        sys.exit("Known vulnerabilities: update what is listed above, with `make lock`.")
    print(f"Nothing is known against any of {len(packages)} pinned packages.")


if __name__ == "__main__":
    main()
