"""What a command does not load before it has to: each of these costs part of a second."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
LOADED = "import sys; print('loaded', *(name for name in {heavy!r} if name in sys.modules), file=sys.stderr)"
LIBRARIES = ("torch", "numba", "scipy", "open3d", "matplotlib", "lightning", "timm", "sympy")


def loaded(code: str, heavy: tuple[str, ...]) -> list[str]:
    """Which modules of ``heavy`` a process has loaded at its end, as by its last line on stderr."""
    whole = f"import atexit\natexit.register(lambda: exec({LOADED.format(heavy=heavy)!r}, {{}}))\n{code}"
    done = subprocess.run([sys.executable, "-c", whole], cwd=REPOSITORY, capture_output=True, text=True)
    return done.stderr.splitlines()[-1].split()[1:]


@pytest.mark.parametrize("command", ["", "classify", "show", "predict", "report"])
def test_the_help_of_nimba_loads_no_library(command):
    code = f"from nimba.commands.main import main; main({[*command.split(), '--help']})"
    assert loaded(code, LIBRARIES) == []


def test_the_help_of_train_loads_no_library():
    code = "import sys, runpy; sys.argv[1:] = ['--help']; runpy.run_path('train.py', run_name='__main__')"
    assert loaded(code, LIBRARIES) == []


def test_what_draws_and_what_computes_are_loaded_apart(tmp_path):
    assert loaded("import nimba.viewer.figure", ("torch", "numba")) == []
    code = f"""
import numpy as np
from pathlib import Path
from nimba.commands.show import show
np.save("{tmp_path}/a.npy", np.random.default_rng(0).normal(size=(50, 3)))
show(Path("{tmp_path}/a.npy"), output=Path("{tmp_path}/a.png"), centres=10, up="y", width=400)
"""
    assert loaded(code, ("open3d", "matplotlib", "numba", "lightning", "timm", "torch")) == ["torch"]
    assert (tmp_path / "a.png").stat().st_size > 5_000
