"""Kernels: what a team of threads computes, where compiled kernels are kept, and what is said of compiling."""

import gc
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numba.extending import overload

from nimba.runtime import kernel_cache
from nimba.runtime.kernel_cache import fingerprint
from nimba.runtime.kernels import helper, kernel, kernel_threads, share

REPOSITORY = Path(__file__).parents[2]
FACTOR = 3


def _look():
    """What a kernel calls so that its compiling is seen."""
    return 1


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


def test_processes_that_start_together_compile_a_kernel_once(tmp_path):
    """Two of them each compiled every kernel, and the slower one's took the place of the other's."""
    kept = {**os.environ, "PYTHONPATH": str(REPOSITORY), "NUMBA_CACHE_DIR": str(tmp_path)}
    started = [
        subprocess.Popen([sys.executable, "-c", ORDER], cwd="/", env=kept, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert not any("Traceback" in text for text in said)
    compiled = [path for path in (tmp_path / "kernels").iterdir() if path.suffix == ".nbc"]
    indices = [path for path in (tmp_path / "kernels").iterdir() if path.suffix == ".nbi"]
    assert len(compiled) == len(indices) > 0  # numba writes another file when it compiles again


def test_a_process_that_died_while_it_compiled_keeps_no_one_waiting(tmp_path):
    hold = f"""if True:
        import os
        os.environ["NUMBA_CACHE_DIR"] = {str(tmp_path)!r}
        from nimba.geometry.sorting_cpu import _sortable
        _sortable._cache._lock_out_others()
        os._exit(1)
    """
    kept = {**os.environ, "PYTHONPATH": str(REPOSITORY), "NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", hold], cwd="/", env=kept, timeout=60)
    assert list((tmp_path / "kernels").glob("*.lock"))
    done = subprocess.run([sys.executable, "-c", ORDER], cwd="/", env=kept, timeout=120, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_garbage_is_collected_while_kernels_compile_and_it_is_afterwards(monkeypatch, tmp_path):
    monkeypatch.setattr(kernel_cache, "cache_folder", lambda: tmp_path)  # a kernel that was kept is not compiled again
    seen = []

    @overload(_look)
    def look():
        seen.append(gc.isenabled())
        return lambda: 1

    @kernel
    def use():
        return _look()

    assert gc.isenabled()
    assert use() == 1
    assert seen
    assert not any(seen)
    assert gc.isenabled()
