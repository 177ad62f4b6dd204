"""BatchNorm over the clouds of all processes: several processes then learn what one with the whole batch would.

Torch's ``SyncBatchNorm`` knows CUDA alone. The token encoders compute the statistics of plain BatchNorm outside of it,
with kernels that see the process's own share; any other norm they leave to itself (see ``nimba.tokens.layers``).
"""

import torch
from lightning.pytorch.plugins import TorchSyncBatchNorm
from torch import Tensor, distributed, nn
from torch.distributed.nn.functional import all_reduce

from nimba.tokens.pointwise import update_running_statistics


class SharedBatchNorm(nn.BatchNorm1d):
    """BatchNorm with the statistics of all processes' rows, differentiable, on any device.

    Shapes:
        (B, C) -> (B, C); B may differ between processes
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (B, C) -> (B, C)."""
        if not self.training or not distributed.is_initialized():
            return super().forward(x)
        own_variance, own_mean = torch.var_mean(x.float(), 0, correction=0)  # 2 x (C,)
        count = own_mean.new_full((1,), len(x))
        total = all_reduce(torch.cat([count * own_mean, count]))  # (C + 1,)
        mean = total[:-1] / total[-1]  # (C,)
        # Around the common mean: sums of squares would cancel.
        variance = all_reduce(count * (own_variance + (own_mean - mean).square())) / total[-1]  # (C,)
        update_running_statistics(self, mean, variance, total[-1])
        scale = self.weight * torch.rsqrt(variance + self.eps)  # (C,)
        return torch.addcmul(self.bias - mean * scale, x, scale)


class SharedStatistics(TorchSyncBatchNorm):
    """What ``trainer.sync_batchnorm: true`` does to a network while it is trained by several processes.

    The layers stay, with their weights, names and hooks; what they compute changes.
    """

    def apply(self, model: nn.Module) -> nn.Module:
        """Take the statistics of all processes."""
        for module in model.modules():
            if type(module) is nn.BatchNorm1d:
                module.__class__ = SharedBatchNorm
        return model

    def revert(self, model: nn.Module) -> nn.Module:
        """Take those of the process alone."""
        for module in model.modules():
            if type(module) is SharedBatchNorm:
                module.__class__ = nn.BatchNorm1d  # type: ignore[assignment]  # what it was
        return model
