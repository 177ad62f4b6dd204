"""torch.compile in training: an option for GPUs, whose time goes into many small kernels."""

from typing import Literal

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from nimba.runtime.errors import InputError


class CompiledNetwork(Callback):
    """Compile the network when training begins; its weights, their names and checkpoints stay as they are.

    NIMBA's own kernels are torch operators, which the compiler calls as they are; it fuses what lies between them.
    mamba-ssm's kernels are none, and would split the network at each block: a compiled network does without them.

    Args:
        mode: of ``torch.compile``: "default", "reduce-overhead" (CUDA graphs) or "max-autotune".
        backend: of ``torch.compile``.

    Raises:
        InputError: for an unknown mode.
    """

    def __init__(
        self,
        mode: Literal["default", "reduce-overhead", "max-autotune"] = "default",
        backend: str = "inductor",
    ):
        if mode not in ("default", "reduce-overhead", "max-autotune"):
            raise InputError(f"CompiledNetwork of mode {mode!r}: give default, reduce-overhead or max-autotune")
        self.mode = mode
        self.backend = backend

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Compile; the first batch then takes a minute or two."""
        # torch takes no mode but the default for backends other than inductor.
        mode = {"mode": self.mode} if self.backend == "inductor" else {}
        network = pl_module.model
        network.compile(backend=self.backend, dynamic=False, **mode)  # type: ignore[operator,union-attr]
        if network.settings.trains_otherwise:  # type: ignore[union-attr]
            # Auxiliary losses train by way of this method, which compiling a module does not reach.
            compiled = torch.compile(network.training_outputs, backend=self.backend, dynamic=False, **mode)  # type: ignore[union-attr,call-overload]
            network.training_outputs = compiled  # type: ignore[assignment,union-attr]

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Give auxiliary losses their own method back: a compiled one cannot be copied or pickled."""
        vars(pl_module.model).pop("training_outputs", None)
