"""Which share of the files is this process's: said by torchrun or SLURM; the processes need not talk."""

import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from nimba.runtime.errors import InputError

_LAUNCHERS = (  # torchrun inside of srun counts as torchrun
    ("RANK", "WORLD_SIZE", "LOCAL_RANK"),
    # Of the step: in a batch script outside of srun there is one process, however many tasks the job has.
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID"),
)


@dataclass(frozen=True)
class Rank:
    """Process ``number`` of ``count``; ``local``: its number on its machine, which chooses the GPU.

    ``launched``: by a launcher, which takes any exit code but 0 for a crash and ends the other processes.
    """

    number: int = 0
    count: int = 1
    local: int = 0
    launched: bool = False

    def owns(self, file: str) -> bool:
        """Whether a file is this process's: by a hash of its name, so that it does not matter what lies beside it."""
        return zlib.crc32(os.fsencode(file)) % self.count == self.number


def rank_of(environment: Mapping[str, str] = os.environ) -> Rank:
    """This process's rank, from what torchrun (RANK, WORLD_SIZE) or SLURM's srun set; the only one where neither did.

    Raises:
        InputError: if they set no numbers, or a rank outside of the world.
    """
    for number, count, local in _LAUNCHERS:
        if number in environment and count in environment:
            try:
                rank = Rank(int(environment[number]), int(environment[count]), int(environment.get(local, 0)), True)
            except ValueError:
                raise InputError(f"{number}, {count}, {local}: must be integers in the environment") from None
            if not 0 <= rank.number < rank.count:
                raise InputError(f"{number} is {rank.number}, but {count} is {rank.count}: ranks count from 0")
            return rank
    return Rank()
