"""Threads: torch's number stays torch's, and kernels run in forked children."""

import os
import subprocess
import sys

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from nimba.geometry import farthest_point_sampling, k_nearest
from nimba.serialization import serialize


def run(code, **environment):
    """What a fresh interpreter prints."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_first_kernel_leaves_the_number_of_threads_alone():
    """numba's start told OpenMP, and so torch, to use all cores: OMP_NUM_THREADS=1 became 2."""
    code = """if True:
        import torch
        from nimba.runtime.kernels import kernel_threads
        from nimba.serialization import serialize
        points = torch.rand(2, 50, 3)
        print(torch.get_num_threads(), kernel_threads())
        serialize(points)
        told = "omp_get_max_threads() : 1" in torch.__config__.parallel_info()
        print(torch.get_num_threads(), kernel_threads(), told)
        torch.set_num_threads(2)
        serialize(points)
        print(torch.get_num_threads(), kernel_threads())
    """
    assert run(code, OMP_NUM_THREADS="1") == ["1", "1", "1", "1", "True", "2", "2"]


class Serialized(Dataset):
    """Clouds that are sampled, grouped and ordered by whoever loads them."""

    def __len__(self):
        return 4

    def __getitem__(self, number):
        points = torch.rand(1, 300, 3, generator=torch.Generator().manual_seed(number))
        centres = farthest_point_sampling(points, 20)
        nearest = k_nearest(points, points[:, centres[0]], 8)
        return serialize(points), serialize(points, "hilbert"), centres, nearest


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_kernels_run_in_forked_workers():
    """numba ends a process that was forked after a parallel kernel and then starts another."""
    dataset = Serialized()
    expected = [dataset[number] for number in range(len(dataset))]  # on threads, in this process
    loader = DataLoader(dataset, batch_size=None, num_workers=2, multiprocessing_context="fork", timeout=120)
    for ours, theirs in zip(expected, loader, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            assert torch.equal(one, other)


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
def test_a_forked_child_of_a_plain_fork_says_the_same():
    code = """if True:
        import os, torch
        from nimba.serialization import serialize
        points = torch.rand(1, 2000, 3)
        expected = serialize(points)
        child = os.fork()
        if child == 0:
            torch.set_num_threads(1)
            os._exit(0 if torch.equal(serialize(points), expected) else 3)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert run(code) == ["0"]
