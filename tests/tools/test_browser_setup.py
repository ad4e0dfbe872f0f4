"""Which browser `make test` finds or gets, on machines that are played by small scripts."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.browser import launching
from tests.support.waiting import eventually
from tools import browser

WORKS, FAILS = "exit 0", "echo libnss3.so: cannot open shared object file >&2; exit 127"


@dataclass
class Machine:
    """A folder that is all of PATH."""

    path: Path

    def has(self, name: str, script: str = WORKS) -> Path:
        """Put a program on PATH."""
        program = self.path / name
        program.write_text(f"#!/bin/sh\necho {name} $1 $2 >> {self.path}/called\n{script}\n")
        program.chmod(0o755)
        return program

    def downloads(self, *, reached: bool = True, own: str = WORKS) -> Path:
        """Put a Python there whose Playwright can be reached or not, and whose own browser works or not."""
        browsers = self.path / "own"
        self.has("own", own)
        install = f"exit {0 if reached else 1}"
        # With no third argument it is asked where Playwright's own browser is, otherwise to open a page in one.
        self.has("python", f'[ "$2" = playwright ] && {install}\n[ -z "$3" ] && echo {browsers} && exit\nexec "$3"')
        return browsers

    def packages(self, name: str = "chromium", script: str = WORKS) -> None:
        """Put an apt-get there that brings a browser."""
        self.has("apt-get", f"case $* in *install*) cp {self.has('package', script)} {self.path}/{name};; esac")

    def called(self) -> list[str]:
        """Return which programs have been run since the last time, in order."""
        calls = self.path / "called"
        names = [line.split()[0] for line in calls.read_text().splitlines()] if calls.exists() else []
        calls.unlink(missing_ok=True)
        return names


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine with neither a browser nor a network nor packages, whose user is root."""
    found = Machine(tmp_path / "bin")
    found.path.mkdir()
    for tool in ("env", "true", "cp"):
        (found.path / tool).symlink_to(shutil.which(tool) or "")
    monkeypatch.setenv("PATH", str(found.path))
    monkeypatch.setattr(browser, "PYTHON", found.path / "python")
    monkeypatch.setattr(browser, "KEPT", tmp_path / "browser.json")
    monkeypatch.setattr(browser, "LOG", tmp_path / "browser.log")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    found.downloads(reached=False)
    return found


def test_the_one_that_is_there_is_taken_and_a_second_call_runs_nothing(machine: Machine) -> None:
    there = machine.has("google-chrome")
    browser.main()
    assert browser.executable() == launching()["executable_path"] == str(there)
    assert machine.called() == ["python", "google-chrome"]
    browser.main()
    assert machine.called() == []


def test_one_that_can_not_start_gives_way_to_playwrights(machine: Machine) -> None:
    machine.has("chromium", FAILS)
    own = machine.downloads()
    browser.main()
    assert browser.executable() == str(own)
    assert "libnss3.so" in browser.LOG.read_text()
    machine.called()
    browser.main()
    assert machine.called() == []


@pytest.mark.parametrize(("reached", "own"), [(False, WORKS), (True, FAILS)])
@pytest.mark.parametrize("is_root", [True, False])
def test_the_systems_package_comes_last(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, reached: bool, own: str, is_root: bool
) -> None:
    machine.downloads(reached=reached, own=own)
    machine.packages()
    if not is_root:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        machine.has("sudo", 'shift\nexec "$@"')
    browser.main()
    assert browser.executable() == str(machine.path / "chromium")
    assert ("sudo" in machine.called()) is not is_root


def forbidden(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let apt-get be there for another user."""
    machine.packages()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def password(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    forbidden(machine, monkeypatch)
    machine.has("sudo", "echo sudo: a password is required >&2; exit 1")


def broken_package(machine: Machine, _monkeypatch: pytest.MonkeyPatch) -> None:
    machine.packages(script=FAILS)


def no_package(machine: Machine, _monkeypatch: pytest.MonkeyPatch) -> None:
    machine.has("apt-get", "exit 100")


@pytest.mark.parametrize("without", [forbidden, password, broken_package, no_package])
def test_without_any_tests_are_skipped_until_there_is_one(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, without: object
) -> None:
    assert callable(without)
    without(machine, monkeypatch)
    browser.main()
    assert browser.executable() == ""
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        launching()
    machine.called()
    browser.main()
    assert not {"apt-get", "sudo", "own"} & set(machine.called())
    there = machine.has("chromium")
    browser.main()
    assert browser.executable() == str(there)


def test_what_could_not_be_had_is_tried_again_a_day_later(machine: Machine) -> None:
    browser.main()
    assert browser.executable() == ""
    moment = time.time() - browser.DAY_SECONDS - 60
    os.utime(browser.KEPT, (moment, moment))
    own = machine.downloads()
    browser.main()
    assert browser.executable() == str(own)


def test_one_that_is_gone_is_looked_for_again(machine: Machine) -> None:
    gone = machine.has("chromium")
    browser.main()
    gone.unlink()
    assert browser.executable() == ""
    own = machine.downloads()
    browser.main()
    assert browser.executable() == str(own)


def test_where_nobody_has_looked_the_one_on_path_is_taken(machine: Machine) -> None:
    assert browser.executable() == ""
    there = machine.has("chromium-browser")
    assert browser.executable() == str(there)


async def test_what_takes_too_long_is_ended_with_all_that_it_has_started(machine: Machine, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    # Both hold the pipe open for writing, for as long as they live.
    machine.has("hangs", f"exec 3> {fifo}\n(while :; do :; done) &\nwhile :; do :; done")
    assert not browser.ran(["hangs"], 0.5)

    def is_closed() -> bool:
        try:
            return os.read(reader, 1) == b""
        except BlockingIOError:
            return False

    await eventually(is_closed)
    os.close(reader)
