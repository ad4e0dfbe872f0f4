"""Build .venv: the pinned locks, and the build of torch that fits this machine.

Called by make with the system's Python and the standard library alone. A stamp inside .venv makes a
second call cost nothing. `dev` as argument adds what tests and lint need.

TORCH=cpu, TORCH=gpu or TORCH=path/to/torch.whl overrides the choice of build.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TORCH = "torch==2.13.0"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def main(extras: list[str]) -> None:
    """Set .venv up, unless its stamp says that it is."""
    if sys.version_info < (3, 11):  # noqa: UP036 - make calls this with whatever python3 there is
        sys.exit("Atelier needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ...")
    locks = [ROOT / "requirements.lock", *(ROOT / f"requirements-{extra}.lock" for extra in extras)]
    torch = os.environ.get("TORCH") or ("gpu" if has_nvidia_gpu() else "cpu")
    stamp = VENV / "-".join(["stamp", *extras])
    wanted = fingerprint(locks, torch)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Setting up .venv (torch: {torch}). This happens once and takes a few minutes.", flush=True)
    if not PYTHON.exists():
        venv.create(VENV, with_pip=True, clear=True)
    for lock in locks:
        pip("--no-deps", "-r", str(lock))
    install_torch(torch)
    stamp.write_text(wanted)


def has_nvidia_gpu() -> bool:
    """Whether the NVIDIA driver lists a card."""
    if not shutil.which("nvidia-smi"):
        return False
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)  # noqa: S607
    return listed.returncode == 0 and "GPU" in listed.stdout


def fingerprint(locks: list[Path], torch: str) -> str:
    """Return what the set-up depends on, as one short hash."""
    parts = [sys.version, torch, TORCH, *(lock.read_text() for lock in locks)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def install_torch(torch: str) -> None:
    """Install the chosen build; where the CPU build can't be had, the ordinary one with its libraries."""
    if torch == "gpu":
        pip(TORCH)
    elif torch == "cpu":
        pip("--no-deps", "--retries", "1", "--timeout", "10", "--extra-index-url", CPU_INDEX, TORCH)
        if not imports_torch():
            print("The CPU build of torch is not to be had here; taking the ordinary build.", flush=True)
            pip(TORCH)
    else:
        pip("--no-deps", torch)
    if not imports_torch():
        sys.exit("torch was installed but does not import; see above, or choose a build with TORCH=...")


def imports_torch() -> bool:
    """Whether `import torch` works in .venv."""
    return subprocess.run([PYTHON, "-c", "import torch"], capture_output=True, check=False).returncode == 0


def pip(*arguments: str) -> None:
    """Run pip install in .venv; end with its exit code when it fails."""
    command = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *arguments]
    status = subprocess.run(command, check=False).returncode
    if status:
        sys.exit(status)


if __name__ == "__main__":
    main(sys.argv[1:])
