"""Which sample goes where: the order of an epoch and its shares, functions of (seed, epoch) and the process alone.

Both samplers are ``DistributedSampler``s, also in a single process: Lightning then calls ``set_epoch`` on them before
every epoch (after a resume too) and injects no sampler of its own.
"""

from collections.abc import Iterator, Sized

import torch.distributed
from torch.utils.data import DistributedSampler

from nimba.datasets.randomness import derived_seed
from nimba.runtime.errors import InputError


def _world() -> tuple[int, int]:
    """Number of processes and the rank of this one; (1, 0) outside distributed training."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_world_size(), torch.distributed.get_rank()
    return 1, 0


def is_distributed() -> bool:
    """Whether several processes share the work."""
    return _world()[0] > 1


class EpochSampler(DistributedSampler):
    """Shuffles for training and yields (epoch, index).

    The epoch travels with the index, so workers that outlive an epoch need not be told of the next one. Process r of
    W takes every W-th place of one common order; where W does not divide it, the order's first places are used twice
    so that every process takes the same number of steps.
    """

    def __init__(self, dataset: Sized, seed: int):
        world, rank = _world()
        super().__init__(dataset, world, rank, shuffle=True, seed=derived_seed("order", seed))  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[tuple[int, int]]:  # type: ignore[override]
        epoch = self.epoch
        order = super().__iter__()
        return ((epoch, int(index)) for index in order)


class EvaluationShards(DistributedSampler):
    """Batches of indices for evaluation by several processes: every sample exactly once, nothing padded.

    DDP wants the same number of batches in every process (it synchronises buffers in each forward pass), so the
    processes with one sample more than the others have one more in their last batch.

    Raises:
        InputError: fewer samples than processes.
    """

    def __init__(self, dataset: Sized, batch_size: int):
        world, rank = _world()
        super().__init__(dataset, world, rank, shuffle=False)  # type: ignore[arg-type]
        if len(dataset) < world:
            raise InputError(f"{len(dataset)} samples cannot be evaluated by {world} processes: use fewer")
        self.batch_size = batch_size
        self.count = len(dataset)

    def __len__(self) -> int:
        return -(-(self.count // self.num_replicas) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:  # type: ignore[override]
        mine = range(self.rank, self.count, self.num_replicas)
        last = len(self) - 1
        for batch in range(last):
            yield list(mine[batch * self.batch_size : (batch + 1) * self.batch_size])
        yield list(mine[last * self.batch_size :])
