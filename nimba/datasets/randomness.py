"""Randomness that depends on (seed, epoch, index) alone, never on who draws it or on what was drawn before."""

import hashlib
import random
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def derived_seed(*key: int | str) -> int:
    """A 63-bit seed made from a key by a hash, the same on every machine and in every version of every library.

    Nearby keys give unrelated seeds: seed 0 in epoch 1 shares nothing with seed 1 in epoch 0.
    """
    digest = hashlib.blake2b("/".join(map(str, key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


@contextmanager
def kept_random_state() -> Iterator[None]:
    """Give the global CPU generators of torch, numpy and random their state back at the end."""
    states = torch.default_generator.get_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        yield
    finally:
        torch.default_generator.set_state(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        random.setstate(states[2])


def seed_sample(seed: int, epoch: int, index: int) -> None:
    """Seed the three global CPU generators for one sample; use inside ``kept_random_state``.

    All three, because torch-geometric's transforms draw from all of them. Their seeds differ: torch and numpy run the
    same Mersenne Twister and would draw the same numbers from the same seed.
    """
    digest = hashlib.blake2b(struct.pack("<3q", seed, epoch, index), digest_size=16).digest()
    for_torch, for_numpy, for_random = struct.unpack("<QII", digest)
    torch.default_generator.manual_seed(for_torch)
    np.random.seed(for_numpy)  # noqa: NPY002
    random.seed(for_random)
