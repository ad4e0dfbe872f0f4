"""Find the browser that tests need, or get one: `make test` calls this with the system's Python alone.

The first Chromium that can open a page is taken: one on PATH, Playwright's own download, the system's package where
apt-get is there and may be used. Its path is kept in .venv, so that a second call costs nothing. That there is none is
kept for a day, in which only PATH is looked at again.
"""

import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.bootstrap import PYTHON, ROOT, VENV

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
LOCK = ROOT / "requirements-dev.lock"
KEPT = VENV / "browser.json"
LOG = VENV / "browser.log"
MISSING = "There is no browser: install Chromium (Debian: apt-get install chromium), then run `make test` again."
DAY_SECONDS = 24 * 60 * 60
START_SECONDS = 120
INSTALL_SECONDS = 900
# Playwright tries five times; without this, each try waits for half a minute where nobody answers.
HASTE = "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT=3000"
APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-o", "Acquire::Retries=0")
# Asking for its version is not enough: that works where a page can't be opened.
OPEN_A_PAGE = """
import sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args=sys.argv[2:], timeout=0)
    browser.new_page().set_content("<p>Hello")
    browser.close()
"""
OWN_PATH = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""

Way = Callable[[], Iterator[str]]


def main() -> None:
    """Find or get a browser, unless that was done."""
    path = kept()
    if path and Path(path).exists():
        return
    tried = path == "" and time.time() - KEPT.stat().st_mtime < DAY_SECONDS
    ways: list[Way] = [on_path] if tried else [on_path, downloaded, packaged]
    if not tried:
        LOG.unlink(missing_ok=True)
    found = first(ways)
    if found or not tried:
        KEPT.write_text(json.dumps({"lock": _lock(), "path": found}))
    if found:
        print(f"The tests use the browser {found}.", flush=True)


def executable() -> str:
    """Return the path of the browser, "" where there is none; where nobody has looked for one, that on PATH."""
    path = kept()
    if path is None:
        return next(on_path(), "")
    return path if path and Path(path).exists() else ""


def kept() -> str | None:
    """Return the path that was found, "" where none was; None where nobody has looked since the lock has changed."""
    if not KEPT.exists():
        return None
    found = json.loads(KEPT.read_text())
    return found["path"] if found["lock"] == _lock() else None


def first(ways: list[Way]) -> str:
    """Return the path of the first browser that starts, or ""."""
    return next((path for way in ways for path in way() if starts(path)), "")


def on_path() -> Iterator[str]:
    """Yield the browsers that are there."""
    yield from filter(None, map(shutil.which, NAMES))


def downloaded() -> Iterator[str]:
    """Yield Playwright's own browser, once it is there."""
    print("Setting up a browser for the tests: Playwright's download", flush=True)
    if ran(["env", HASTE, str(PYTHON), "-m", "playwright", "install", "--no-shell", "chromium"], INSTALL_SECONDS):
        yield subprocess.run([PYTHON, "-c", OWN_PATH], capture_output=True, text=True, check=True).stdout.strip()


def packaged() -> Iterator[str]:
    """Yield what the system's package brings, where apt-get is there and needs no password."""
    rights = () if os.geteuid() == 0 else ("sudo", "-n")
    if not shutil.which("apt-get") or not ran([*rights, "true"], START_SECONDS):
        return
    print("Setting up a browser for the tests: the system's package chromium", flush=True)
    ran([*rights, *APT, "update"], INSTALL_SECONDS)
    if ran([*rights, *APT, "install", "--no-install-recommends", "chromium"], INSTALL_SECONDS):
        yield from on_path()


def starts(path: str) -> bool:
    """Whether a browser can open a page."""
    return ran([str(PYTHON), "-c", OPEN_A_PAGE, path, *FLAGS], START_SECONDS)


def ran(command: list[str], seconds: float) -> bool:
    """Run a command and return whether it worked and in time; what it says goes to the log."""
    if not shutil.which(command[0]):
        return False
    with LOG.open("a") as log:
        print("$", shlex.join(command), file=log, flush=True)
        # A session of its own, so that what the command has started ends with it.
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            return process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            print(f"That took longer than {seconds:g} s.", file=log)
            return False
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _lock() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
