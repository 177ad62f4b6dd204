"""What each of two CPU processes runs, and what they hand back."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import distributed, multiprocessing


def in_two_processes(work: Callable[..., Any], folder: Path, *arguments: Any) -> list[Any]:
    """``[work(rank, *arguments) for rank in (0, 1)]``, at the same time, in one gloo group."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    multiprocessing.set_forkserver_preload(["nimba.training"])  # imported once, for all that follow
    multiprocessing.start_processes(_run, (work, str(folder), port, arguments), nprocs=2, start_method="forkserver")
    return [torch.load(folder / f"result{rank}.pt", weights_only=False) for rank in (0, 1)]


def _run(rank: int, work: Callable[..., Any], folder: str, port: int, arguments: tuple[Any, ...]) -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", rank=rank, world_size=2)
    torch.save(work(rank, *arguments), Path(folder) / f"result{rank}.pt")
    distributed.destroy_process_group()
