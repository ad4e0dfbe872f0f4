"""Check a change in a minute: lint, types, contracts, and the fast tests nearest to it; `make check` calls this.

The change is the difference from `main`, committed or not; on `main` itself, from the last commit. `make check
ARGS=HEAD` names another commit. pyright reads the changed files and those that import them. Tests run until
`BUDGET_SECONDS` are filled, in this order: changed tests, tests named after a changed module, tests that import one,
and the other tests of the feature's folder. `tests/support/durations.py` knows how long each test took last. For all
tests and types, run `make lint` and `make test`.
"""

import ast
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tools.bootstrap import ROOT

BIN = Path(sys.executable).parent
PACKAGES = ("bot", "engine", "migrations", "tests", "tools", "training")
# For the tests of one process, beside the type checker.
BUDGET_SECONDS = 25
# A module that everything imports would take the time of the whole tree.
MOST_TYPED = 60
MAIN = ("main", "origin/main")


def main(base: str = "") -> int:
    """Run all checks, with the type checker and the tests side by side; return 0 if all pass."""
    began = time.monotonic()
    changed = [path for path in changed_files(base) if (ROOT / path).exists() and path.suffix == ".py"]
    imports = {path: set(imported(path)) for path in sources()}
    tests, typed = nearest_tests(changed, imports), with_importers(changed, imports)
    print(f"{len(changed)} changed files; tests from {len(tests)} files")
    checks = [
        [BIN / "ruff", "check", "."],
        [BIN / "ruff", "format", "--check", "."],
        [BIN / "lint-imports"],
    ]
    beside = []
    if typed:
        beside.append([BIN / "pyright", *typed])
    if tests:
        fast = ("-q", "-n0", f"--budget={BUDGET_SECONDS}")
        beside.append([BIN / "python", "-m", "pytest", *fast, *tests])
    running = [(command, started(command)) for command in beside]
    failed = [name(command) for command in checks if shown(command, started(command)) != 0]
    # 5: all tests that were near are slow ones.
    failed += [name(command) for command, process in running if shown(command, process) not in (0, 5)]
    print(f"{time.monotonic() - began:.0f} s; " + (f"failed: {', '.join(failed)}" if failed else "all is well"))
    return 1 if failed else 0


def changed_files(base: str = "") -> list[Path]:
    """Return the files that differ from a commit, by default from the main branch, and the untracked ones."""
    shared = [commit for branch in MAIN for commit in git("merge-base", "HEAD", branch)]
    base = base or next(iter(shared), "HEAD")
    names = {*git("diff", "--name-only", base), *git("ls-files", "--others", "--exclude-standard")}
    return [Path(each) for each in sorted(names)]


def git(*arguments: str) -> list[str]:
    """Return the lines of git's output; none if it fails."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    return done.stdout.splitlines() if done.returncode == 0 else []


def sources() -> Iterator[Path]:
    """Yield the Python files of the tree, relative to it."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT)


def module(path: Path) -> str:
    """Return the name by which a file is imported."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports anywhere in it; of `from a import b`, both `a` and `a.b`."""
    for node in ast.walk(ast.parse((ROOT / path).read_bytes())):
        match node:
            case ast.Import(names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(origin), names=names):
                yield origin
                yield from (f"{origin}.{each.name}" for each in names)


def with_importers(changed: list[Path], imports: dict[Path, set[str]]) -> list[Path]:
    """Return the changed files, and those that import one of them, `MOST_TYPED` at most."""
    modules = {module(path) for path in changed}
    importers = [path for path, names in imports.items() if path not in changed and names & modules]
    return [*changed, *importers[: max(0, MOST_TYPED - len(changed))]]


def nearest_tests(changed: list[Path], imports: dict[Path, set[str]]) -> list[Path]:
    """Return the test files near the changed files, nearest first."""
    tests = [path for path in imports if path.name.startswith("test_")]
    modules = {module(path) for path in changed}
    folders = {mirror(path) for path in changed if len(path.parts) > 2 or path.name == "conftest.py"}
    named = {mirror(path) / f"test_{path.name}" for path in changed}

    def distance(path: Path) -> int:
        if path in changed:
            return 0
        if path in named:
            return 1
        if imports[path] & modules:
            return 2
        return 3 if path.parent in folders else 4

    return sorted((path for path in tests if distance(path) < 4), key=distance)


def mirror(path: Path) -> Path:
    """Return the folder with the tests of a file, which may be a test itself."""
    return path.parent if path.parts[0] == "tests" else Path("tests") / path.parent


def started(command: list) -> subprocess.Popen[str]:
    """Start a check."""
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def shown(command: list, process: subprocess.Popen[str]) -> int:
    """Wait for a check, print its output, and return its exit status."""
    written, _ = process.communicate()
    print(f"\n{name(command)}\n{written.strip()}", flush=True)
    return process.returncode


def name(command: list) -> str:
    """Return a short name of a check."""
    return " ".join([Path(command[0]).name, *map(str, command[1:3])])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
