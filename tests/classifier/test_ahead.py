"""Compiling on a second core: the kernels prepared are those of a training step, in its types, and no others."""

import os
import subprocess
import sys
from pathlib import Path

import torch

from nimba.classifier import ahead

REPOSITORY = Path(__file__).parents[2]
STEP = """if True:
    import torch, nimba
    from nimba.commands.warm import backward
    from numba.core import event
    backward()
    class Compiled(event.Listener):
        def on_start(self, event):
            print(event.data["dispatcher"].py_func.__module__)
        def on_end(self, event):
            pass
    event.register("numba:compile", Compiled())
    network = nimba.create_model("nimba_small", num_classes=3)
    network(torch.rand(2, 256, 3)).sum().backward()
"""
LATE = ("nimba.scan", "nimba.mixers", "nimba.tokens")


def test_what_is_prepared_is_what_a_training_step_needs():
    """A kernel prepared for arrays of another layout would be compiled once more, by the step itself."""
    done = subprocess.run(
        [sys.executable, "-c", STEP], cwd=REPOSITORY, env=os.environ, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert not [module for module in done.stdout.split() if module.startswith(LATE)]


def test_nothing_is_started_where_kernels_are_kept_or_not_used(monkeypatch):
    started = []
    monkeypatch.setattr(ahead, "Thread", lambda **options: started.append(options) or type("T", (), {"start": id})())
    monkeypatch.setattr(ahead, "_start_once", ahead._start_once.__wrapped__)
    ahead.compile_ahead(torch.zeros(1, 2, 3, dtype=torch.float64))
    from nimba.scan.backward_cpu import _backward

    monkeypatch.setattr(_backward.compiled._cache, "is_empty", lambda: False, raising=False)
    ahead.compile_ahead(torch.zeros(1, 2, 3))
    assert not started


def test_a_step_goes_on_where_no_process_can_be_started(monkeypatch):
    monkeypatch.setattr(ahead, "COMMAND", ["/no/such/program"])
    ahead._run()
