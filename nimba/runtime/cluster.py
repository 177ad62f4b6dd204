"""Ray for the time of one piece of work: a cluster that runs already, or one of this machine's cores alone."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nimba.runtime import optional
from nimba.runtime.errors import InputError, first_line

OBJECT_STORE = 200 * 2**20  # bytes of shared memory: weights and small clouds are all that passes through it
_PATIENCE = 10.0  # seconds until a cluster's first machine answers
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": "(?s).*",  # any line: what Ray has to say of its processes is in its own logs
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",  # of tasks that nobody waits for any more, once one of them ended the work
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # Ray's warning about it is of no use where there is no GPU
}


@contextmanager
def ray_cluster(address: str | None = None, cores: int = 0) -> Iterator[Any]:
    """Connect to Ray, and leave it whatever happens.

    Where the program is connected already, that connection is used, and kept.

    Args:
        address: of a running cluster, HOST:PORT, or "auto" for the one that this machine is in; None to start one here.
        cores: of the one that is started; 0 for all of this machine.

    Returns:
        the module ``ray``.

    Raises:
        InputError: Ray is not installed, or there is no such cluster.
    """
    for name, value in _QUIET.items():  # read when Ray is imported
        os.environ.setdefault(name, value)
    found = optional.ray()
    if not found.available:
        raise InputError(f"ray: {found.detail}; pip install 'nimba[ray]'")
    import ray

    if ray.is_initialized():
        yield ray
        return
    where: dict[str, Any] = {"address": address}
    if address is None:
        own = {"num_cpus": cores or len(os.sched_getaffinity(0)), "object_store_memory": OBJECT_STORE}
        where = {"address": "local", "include_dashboard": False, **own}
    with _own_signals():
        try:
            _check_reachable(address)
            ray.init(**where, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            ray.shutdown()
            raise InputError(
                f"ray: no cluster at {address or 'this machine'} ({first_line(error)}); "
                "ray start --head starts one, and says its address"
            ) from None
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_reachable(address: str | None) -> None:
    """Raise an OSError where nobody listens: Ray would try for many minutes."""
    host, found, port = (address or "").rpartition(":")
    if found and port.isdigit():
        socket.create_connection((host, int(port)), _PATIENCE).close()


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep our handlers: Ray puts its own in their place, and would end the process without our last line."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def capacity(ray: Any, resource: str = "CPU") -> int:
    """How many of a resource the cluster has now; machines may come and go."""
    return int(ray.cluster_resources().get(resource, 0))
