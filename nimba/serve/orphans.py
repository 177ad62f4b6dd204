"""Processes that do not outlive the one that started them, however it ended."""

import os
import threading
import time

_EVERY = 1.0  # seconds


def end_with_parent() -> None:
    """End this process once its parent is gone, which may have been killed without a word."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_EVERY)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="watch the parent").start()
