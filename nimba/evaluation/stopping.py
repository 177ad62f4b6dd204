"""Ctrl-C and SIGTERM while Lightning's Trainer runs: both end the run at once, and are told to the caller."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities.exceptions import SIGTERMException

from nimba.runtime.cleanly import Terminated, terminate


class StopAtOnce(Callback):
    """SIGTERM stops a training between two lines of Python, as Ctrl-C does, and not at the end of a batch.

    Lightning's own handler talks to the other processes from wherever the signal met it, which may be in the middle of
    a collective that they are not in. Nothing is gained by waiting: the checkpoint is that of the last whole epoch.
    """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the place of Lightning's handler, which it puts in just before; it puts the former one back itself."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, terminate)


@contextmanager
def stopping_told(trainer: Trainer) -> Iterator[None]:
    """Around what a Trainer runs: Lightning ends the process with code 1 after Ctrl-C, and with 0 after SIGTERM.

    Raises:
        KeyboardInterrupt: after Ctrl-C.
        Terminated: after SIGTERM.
    """
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SIGTERMException:
        raise Terminated from None
    except SystemExit as end:
        if not isinstance(end.__context__, KeyboardInterrupt):
            raise
        # Lightning has killed the processes that it started; its watch over them would take that for a failure.
        getattr(trainer.strategy.launcher, "procs", []).clear()
        raise type(end.__context__) from None
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, handler)  # Lightning ignores Ctrl-C for good once it has met one
