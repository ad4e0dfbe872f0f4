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
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TORCH = "torch==2.13.0"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def main(extras: list[str]) -> None:
    """Do every step of the set-up that its stamp does not show as done."""
    if sys.version_info < (3, 11):  # noqa: UP036 - make calls this with whatever python3 there is
        sys.exit("Atelier needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ...")
    torch = os.environ.get("TORCH") or ("gpu" if has_nvidia_gpu() else "cpu")
    locks = [ROOT / "requirements.lock", *(ROOT / f"requirements-{extra}.lock" for extra in extras)]
    for lock in locks:
        once(lock.stem, lock.read_text(), lambda lock=lock: pip("install", "--no-deps", "-r", str(lock)))
    once("torch", TORCH + torch, lambda: install_torch(torch))


def once(step: str, content: str, action: Callable[[], None]) -> None:
    """Do a step of the set-up, unless it was done in this .venv with this content."""
    stamp = VENV / f"{step}.stamp"
    wanted = hashlib.sha256(f"{sys.version}{content}".encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Setting up .venv: {step} (once; the whole takes a few minutes)", flush=True)
    if not PYTHON.exists():
        venv.create(VENV, with_pip=True, clear=True)
    action()
    stamp.write_text(wanted)


def has_nvidia_gpu() -> bool:
    """Whether the NVIDIA driver lists a card."""
    if not shutil.which("nvidia-smi"):
        return False
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)  # noqa: S607
    return listed.returncode == 0 and "GPU" in listed.stdout


def install_torch(torch: str) -> None:
    """Install the chosen build; where the CPU build can't be had, the ordinary one with its libraries."""
    # Another build of the same version would satisfy pip.
    pip("uninstall", "--yes", "torch")
    if torch == "gpu":
        pip("install", TORCH)
    elif torch == "cpu":
        pip("install", "--no-deps", "--retries", "1", "--timeout", "10", "--extra-index-url", CPU_INDEX, TORCH)
        if not imports_torch():
            print("The CPU build of torch is not to be had here; taking the ordinary one, which is large.", flush=True)
            pip("install", TORCH)
    else:
        pip("install", "--no-deps", torch)
    if not imports_torch():
        sys.exit("torch was installed but does not import; see above, or choose a build with TORCH=...")


def imports_torch() -> bool:
    """Whether `import torch` works in .venv."""
    return subprocess.run([PYTHON, "-c", "import torch"], capture_output=True, check=False).returncode == 0


def pip(command: str, *arguments: str) -> None:
    """Run a command of pip in .venv; end with its exit code when it fails."""
    line = [PYTHON, "-m", "pip", command, "-qq", "--disable-pip-version-check", *arguments]
    status = subprocess.run(line, check=False).returncode
    if status:
        sys.exit(status)


if __name__ == "__main__":
    main(sys.argv[1:])
