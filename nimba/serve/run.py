"""Start the service: an address that is free, a model that loads, then one process or several."""

import os
import socket
from typing import Any

import uvicorn

import nimba
from nimba.clouds.formats.limits import VARIABLE
from nimba.runtime.errors import InputError
from nimba.serve.app import MEGABYTES, PROCESSES, WEIGHTS, create_app
from nimba.serve.limits import Limits

_CONNECTIONS = 256  # of a process, beyond which it answers 503 at once
_BACKLOG = 2048  # connections that wait to be accepted
_GRACE = 10  # seconds that running requests get at the end


def run(weights: str | None, host: str, port: int, workers: int, megabytes: int) -> None:
    """Serve until the process is told to end.

    Args:
        weights: as for ``nimba.load``.
        host: to listen on.
        port: to listen on; 0 for any that is free.
        workers: processes, each with a model of its own.
        megabytes: of a request.

    Raises:
        InputError: an address that cannot be had, or as ``nimba.load`` does.
    """
    for name, value in (("workers", workers), ("max_megabytes", megabytes)):
        if value < 1:
            raise InputError(f"{name}: must be at least 1, got {value}")
    model = nimba.load(weights)  # a bad one is told of here, and not by each process for ever
    assert model.spec is not None
    limits = Limits.of_megabytes(megabytes)
    os.environ.setdefault(VARIABLE, str(limits.points))
    listening = listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{listening.getsockname()[1]}"
    print(f"serving {model.spec.model}, {len(model.spec.class_names)} classes, on {address}", flush=True)
    options: dict[str, Any] = {
        "log_level": "warning",
        "server_header": False,
        "limit_concurrency": _CONNECTIONS,
        "timeout_graceful_shutdown": _GRACE,
    }
    with listening:
        if workers == 1:
            config = uvicorn.Config(create_app(model, limits, weights), **options)
            uvicorn.Server(config).run(sockets=[listening])
            return
        del model  # each process has its own
        os.environ |= {WEIGHTS: weights or "", MEGABYTES: str(megabytes), PROCESSES: str(workers)}
        application = "nimba.serve.app:from_environment"
        uvicorn.run(application, factory=True, workers=workers, fd=listening.fileno(), **options)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        InputError: for an address that is taken, or none of this machine.
    """
    if not 0 <= port < 1 << 16:
        raise InputError(f"port: must be from 0 to 65535, got {port}")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)  # from now on who asks waits until the model is ready
    except OSError as error:
        raise InputError(
            f"{host}:{port}: cannot listen there ({error.strerror}); choose another --host or --port"
        ) from None
    listening.set_inheritable(True)
    return listening
