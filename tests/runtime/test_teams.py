"""Kernels: what a team of threads computes, where compiled kernels are kept, and what is said of compiling."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from nimba.runtime.kernel_cache import fingerprint
from nimba.runtime.kernels import helper, kernel, kernel_threads, share

REPOSITORY = Path(__file__).parents[2]
FACTOR = 3


@helper
def _times(value):
    return FACTOR * value


@kernel
def _multiply(team, x, y):
    for i in share(team, len(x)):
        y[i] += _times(x[i])


@kernel
def _invert(team, x, y):
    for i in share(team, len(x)):
        y[i] = 100 // x[i]


@pytest.fixture(params=[1, 2, 5])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7, 1000])
def test_each_part_of_a_loop_runs_once_on_any_number_of_threads(threads, count):
    x, y = np.arange(count), np.zeros(count, np.int64)
    _multiply(x, y)
    np.testing.assert_array_equal(y, 3 * x)
    assert torch.get_num_threads() == kernel_threads() == threads


def test_an_error_on_a_thread_is_the_callers(threads):
    with pytest.raises(ZeroDivisionError):
        _invert(np.array([1, 2, 3, 4, 0]), np.zeros(5, np.int64))


def test_a_forked_child_runs_kernels_by_itself():
    _multiply(np.arange(100), np.zeros(100, np.int64))
    child = os.fork()
    if child == 0:
        y = np.zeros(100, np.int64)
        _multiply(np.arange(100), y)
        os._exit(0 if y[99] == 297 else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_kernel_is_known_by_its_code_its_helpers_and_their_constants(monkeypatch):
    before = fingerprint(_multiply.compiled)
    assert before == fingerprint(_multiply.compiled) != fingerprint(_invert.compiled)
    monkeypatch.setattr(sys.modules[__name__], "FACTOR", 4)
    assert fingerprint(_multiply.compiled) != before


ORDER = "import torch; from nimba.serialization import serialize; serialize(torch.rand(1, 9, 3), order='axis')"


def run(package: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    variables = {**kept, "PYTHONPATH": str(package), **environment}
    return subprocess.run([sys.executable, "-c", ORDER], cwd="/", env=variables, capture_output=True, text=True)


def test_kernels_are_kept_in_the_users_cache_and_said_to_be_compiled_once(tmp_path):
    installed, cache = tmp_path / "installed", tmp_path / "cache"
    shutil.copytree(REPOSITORY / "nimba", installed / "nimba", ignore=shutil.ignore_patterns("weights", "__pycache__"))
    for path in [*installed.rglob("*"), installed]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    first = run(installed, XDG_CACHE_HOME=str(cache), PYTHONDONTWRITEBYTECODE="1")
    assert first.returncode == 0, first.stderr
    assert first.stderr == f"nimba: compiling kernels for this CPU, once (kept in {cache}/nimba/kernels)\n"
    assert any((cache / "nimba" / "kernels").iterdir())
    assert not [path for path in installed.rglob("*") if path.suffix in (".nbi", ".nbc")]
    second = run(installed, XDG_CACHE_HOME=str(cache), PYTHONDONTWRITEBYTECODE="1")
    assert (second.returncode, second.stderr) == (0, "")


def test_without_a_cache_folder_kernels_still_run(tmp_path):
    (tmp_path / "file").touch()
    found = run(REPOSITORY, XDG_CACHE_HOME=str(tmp_path / "file"))
    assert found.returncode == 0
    assert found.stderr.startswith(
        "nimba: compiling kernels for this CPU, at each start, as no cache folder is writable"
    )
