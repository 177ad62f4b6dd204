"""``nimba serve``: a classifier that answers over HTTP."""

from __future__ import annotations

from nimba.runtime.errors import InputError


def serve(
    *,
    weights: str | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    workers: int = 1,
    max_megabytes: int = 64,
) -> int:
    """Answer over HTTP: POST /classify, and a page to drop files on.

    Anybody who reaches the address can ask; it knows no passwords. Its page is at /, the description of what can be
    asked at /docs.

    Args:
        weights: Name of shipped weights, a .safetensors file, a checkpoint of train.py or of PointMamba's code
            (.pth); the default knows the 40 classes of ModelNet40.
        host: Address to listen on; 0.0.0.0 for all of this machine's.
        port: Port to listen on; 0 for any that is free.
        workers: How many processes answer, each with a model of its own.
        max_megabytes: Size of a request, beyond which it is refused.
    """
    from nimba.runtime.optional import fastapi

    found = fastapi()
    if not found.available:
        raise InputError(f"serve: needs FastAPI ({found.detail}): pip install 'nimba[serve]'")
    from nimba.serve.run import run

    run(weights, host, port, workers, max_megabytes)
    return 0
