"""What a run's figures depend on: the code's revision and the machine, without names or paths."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import torch

import nimba


def describe_code() -> dict[str, Any]:
    """Version and, in a git checkout, revision, and whether tracked files differ from it."""
    revision = _git("rev-parse", "HEAD")
    dirty = bool(_git("status", "--porcelain", "--untracked-files=no")) if revision else None
    return {"version": nimba.__version__, "revision": revision, "dirty": dirty}


def describe_machine() -> dict[str, Any]:
    """Processors, threads and the versions that decide over speed and last digits."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "torch": str(torch.__version__),  # a class of its own, which no checkpoint may hold
    }


def _git(*arguments: str) -> str | None:
    folder = Path(nimba.__file__).resolve().parents[1]
    if not (folder / ".git").exists():  # installed as a package: a repository around it is not ours
        return None
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
