"""FSDP: each process holds a share of every block's weights, which come together for as long as the block runs."""

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Literal

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import WeightAveraging
from lightning.pytorch.core.optimizer import LightningOptimizer
from lightning.pytorch.strategies import FSDPStrategy
from torch import nn
from torch.distributed.fsdp import (
    FullOptimStateDictConfig,
    FullStateDictConfig,
    FullyShardedDataParallel,
    OptimStateKeyType,
    StateDictType,
)
from torch.optim import Optimizer

from nimba.classifier.network import Block
from nimba.runtime.errors import InputError


class ShardedBlocks(FSDPStrategy):
    """Lightning's FSDP, with what a NIMBA network asks of it.

    Each ``Block`` is a unit, the rest of the network another. Weights stay in float32, and "bf16-mixed" is autocast as
    it is under DDP: the scan's step sizes, A and D add up along the path, and Lightning's own choice would round them
    to bfloat16. A checkpoint is one file with the whole network, as a single process writes it: ``load``, ``eval.py``
    and a resume under another strategy read it.

    Unlike Lightning's class it is allowed on CPUs, over gloo: slower than DDP there, and good for trying a run.

    Args:
        sharding_strategy: "FULL_SHARD", "SHARD_GRAD_OP" (weights whole between forward and backward), or "HYBRID_SHARD"
            (shares within a machine, copies across machines).
        cpu_offload: keep the shares in the CPU's memory.
        timeout_minutes: how long a process waits for the others.
    """

    def __init__(
        self,
        sharding_strategy: Literal["FULL_SHARD", "SHARD_GRAD_OP", "HYBRID_SHARD"] = "FULL_SHARD",
        cpu_offload: bool = False,
        timeout_minutes: float = 30.0,
    ):
        super().__init__(
            auto_wrap_policy={Block},
            sharding_strategy=sharding_strategy,
            cpu_offload=cpu_offload,
            timeout=timedelta(minutes=timeout_minutes),
        )

    @property
    def mixed_precision_config(self) -> None:
        """None: FSDP casts nothing."""
        return None

    def _setup_model(self, model: nn.Module) -> nn.Module:
        if self.root_device.type != "cpu":
            return super()._setup_model(model)
        # Lightning tells FSDP the number of the device, which a CPU has not; FSDP then looks for a GPU.
        return FullyShardedDataParallel(
            model, device_id=self.root_device, sharding_strategy=self.sharding_strategy, **self.kwargs
        )

    def lightning_module_state_dict(self) -> dict[str, Any]:
        """The whole network's, on the first process; empty on the others."""
        assert self.model is not None
        with self._whole():
            return self.model.state_dict()

    def optimizer_state(self, optimizer: Optimizer) -> dict[str, Any]:
        """The whole optimizer's, on the first process, as a single process would have it; empty on the others."""
        assert self.model is not None
        own = optimizer._optimizer if isinstance(optimizer, LightningOptimizer) else optimizer
        with self._whole():
            state = FullyShardedDataParallel.optim_state_dict(self.model, own)
            if self.global_rank == 0:
                state = FullyShardedDataParallel.rekey_optim_state_dict(state, OptimStateKeyType.PARAM_ID, self.model)
            return state

    def _whole(self) -> AbstractContextManager[None]:
        """State of weights and optimizer as one file has it.

        FSDP frees the memory that it gathers into once the state was moved off the device. On a CPU nothing moves:
        the state would be in that memory, which soon holds something else.
        """
        assert self.model is not None
        offload = self.root_device.type != "cpu"
        return FullyShardedDataParallel.state_dict_type(
            self.model,
            StateDictType.FULL_STATE_DICT,
            FullStateDictConfig(offload_to_cpu=offload, rank0_only=True),
            FullOptimStateDictConfig(offload_to_cpu=offload, rank0_only=True),
        )

    def setup(self, trainer: Trainer) -> None:
        """Shard the network.

        Raises:
            InputError: for callbacks that average weights: they would need them whole.
        """
        averaging = [type(one).__name__ for one in trainer.callbacks if isinstance(one, WeightAveraging)]  # type: ignore[attr-defined]
        if averaging:
            raise InputError(f"trainer.callbacks: {averaging[0]} cannot average sharded weights; use the strategy ddp")
        super().setup(trainer)
