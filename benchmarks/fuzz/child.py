"""The worker as seen from outside: started, asked, ended where it takes too long, and started anew."""

import json
import os
import select
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

SECONDS = 10
"""For a mutant."""
_START = 120  # to import torch on a busy machine


class Child:
    """A worker process that is there when it is asked; a context, which ends it.

    Args:
        folder: where the mutants are.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.said = b""

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def outcome(self, name: str) -> dict[str, Any]:
        """What came of reading a file: as the worker says, or "crash" or "hang" where it says nothing."""
        process = self._started()
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # it is gone, and its line is empty
            process.stdin.write(f"{name}\n".encode())
            process.stdin.flush()
        line = self._line(process, SECONDS)
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        self._end()
        if line is None:
            return {"outcome": "hang", "said": f"no answer in {SECONDS} s", "growth": 0}
        return {"outcome": "crash", "said": f"exit code {process.returncode}", "growth": 0}

    def _started(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            command = [sys.executable, "-m", "benchmarks.fuzz.worker", str(self.folder)]
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            self.said = b""
            if self._line(self.process, _START) != b"ready":
                raise RuntimeError("the worker does not start")
        return self.process

    def _line(self, process: subprocess.Popen[bytes], seconds: float) -> bytes | None:
        """Its next line; empty where it ended, None where it says nothing."""
        assert process.stdout is not None
        while b"\n" not in self.said:
            if not select.select([process.stdout], [], [], seconds)[0]:
                return None
            block = os.read(process.stdout.fileno(), 1 << 16)
            if not block:
                process.wait()
                return b""
            self.said += block
        line, _, self.said = self.said.partition(b"\n")
        return line

    def _end(self) -> None:
        if self.process is not None:
            self.process.kill()
            with suppress(BrokenPipeError):
                self.process.communicate()
            self.process = None
