"""Run a reader that a damaged file can crash, or that takes what memory it says, in a process of its own."""

import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).parents[3]


def run_apart(module: str, arguments: Sequence[str], data: bytes, room: int, seconds: float) -> bytes:
    """What a module of this folder, run as a program, writes to stdout when it is given ``data`` on stdin.

    Args:
        module: its name.
        arguments: of it, behind the first, which is ``room``: the module is to call ``bound_memory``.
        data: the file.
        room: bytes that it may take.
        seconds: after which it is ended.

    Raises:
        ValueError: it failed; the last line that it said, or a crash's first one.
    """
    command = [sys.executable, "-P", "-m", f"{__package__}.{module}", str(room), *arguments]
    path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        done = subprocess.run(
            command,
            input=data,
            capture_output=True,
            timeout=seconds,
            check=False,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"not unpacked within {seconds:.0f} s") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "backslashreplace").strip().splitlines() or ["it breaks off"]
        raise ValueError(lines[-1 if done.returncode > 0 else 0][:300])
    return done.stdout


def bound_memory(room: int) -> None:
    """Let this process take so many bytes more than it has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    limit = pages * resource.getpagesize() + room
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
