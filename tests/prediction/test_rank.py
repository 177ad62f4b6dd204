import pytest

from nimba.prediction.rank import Rank, rank_of
from nimba.runtime.errors import InputError


@pytest.mark.parametrize(
    ("environment", "rank"),
    [
        ({}, Rank()),
        ({"RANK": "3", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}, Rank(3, 8, 1, launched=True)),
        ({"SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "4", "SLURM_LOCALID": "0"}, Rank(2, 4, 0, launched=True)),
        # A batch script outside of srun: one process, though the job has four tasks.
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4", "SLURM_LOCALID": "0"}, Rank()),
        # torchrun started by srun, one task a node.
        (
            {"RANK": "9", "WORLD_SIZE": "16", "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2"},
            Rank(9, 16, 0, launched=True),
        ),
    ],
)
def test_the_launcher_says_the_rank(environment, rank):
    assert rank_of(environment) == rank


@pytest.mark.parametrize("number", ["4", "-1", "two"])
def test_a_wrong_rank_is_said(number):
    with pytest.raises(InputError, match="RANK"):
        rank_of({"RANK": number, "WORLD_SIZE": "4"})


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_each_file_is_one_rank_s(count):
    files = [f"class{i % 5}/{i}.ply" for i in range(700)]
    owners = [[number for number in range(count) if Rank(number, count).owns(file)] for file in files]
    assert all(len(owner) == 1 for owner in owners)
    shares = [owners.count([number]) for number in range(count)]
    assert max(shares) < 1.3 * len(files) / count


def test_any_name_has_an_owner():
    assert Rank().owns(b"\xff\xfe.ply".decode("utf-8", "surrogateescape"))
