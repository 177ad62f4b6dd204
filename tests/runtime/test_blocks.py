"""A range that is shared out to threads."""

import os

import numpy as np
import pytest
import torch

from nimba.runtime.blocks import over_range


@pytest.fixture
def threads():
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def count_up(first, last, seen):
    for number in range(first, last):
        seen[number] += 1


@pytest.mark.parametrize("count", [0, 1, 2, 3, 100])
def test_each_number_is_taken_once(threads, count):
    for number in (1, 2, 3):
        threads(number)
        seen = np.zeros(count, int)
        over_range(count_up, count, seen)
        assert seen.tolist() == [1] * count


def test_an_error_in_any_part_is_raised(threads):
    threads(2)

    def fail(first, last):
        if last == 4:
            raise ValueError("second part")

    with pytest.raises(ValueError, match="second part"):
        over_range(fail, 4)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own(threads):
    threads(2)
    over_range(count_up, 4, np.zeros(4, int))
    child = os.fork()
    if not child:
        seen = np.zeros(4, int)
        over_range(count_up, 4, seen)
        os._exit(0 if seen.tolist() == [1] * 4 else 1)
    assert os.waitpid(child, 0)[1] == 0
