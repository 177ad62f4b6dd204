"""Draw in a process of its own, which loads matplotlib while this one loads torch.

Side by side the two take half the time, and neither process holds the libraries of both.
"""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import nimba
from nimba.runtime.errors import InputError
from nimba.viewer.views import PathView


class Painter:
    """A process that draws one picture; it starts, and loads what it needs, when this is made."""

    def __init__(self) -> None:
        pipe = subprocess.PIPE
        # It finds this very package, and no module that lies in the folder where the user happens to be.
        places = [str(Path(nimba.__file__).absolute().parents[1]), os.environ.get("PYTHONPATH", "")]
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}
        command = [sys.executable, "-P", "-m", "nimba.viewer.painter"]
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=variables)

    def draw(self, views: list[PathView], output: Path, *, width: int) -> None:
        """As ``nimba.viewer.draw``."""
        answer, _ = self._process.communicate(pickle.dumps((views, output, width)))
        if self._process.returncode != 0:
            raise RuntimeError(f"drawing ended with exit code {self._process.returncode}")
        error = pickle.loads(answer)
        if error is not None:
            raise error

    def __enter__(self) -> "Painter":
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and not stream.closed:
                stream.close()


def _paint() -> None:
    from nimba.viewer.figure import draw  # before the views are there

    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # what libraries say is no answer
    views, output, width = pickle.load(sys.stdin.buffer)
    error = None
    try:
        draw(views, output, width=width)
    except (InputError, OSError) as caught:
        error = caught
    answers.write(pickle.dumps(error))


if __name__ == "__main__":
    _paint()
