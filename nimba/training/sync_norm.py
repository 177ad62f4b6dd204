"""BatchNorm over the clouds of all processes: several processes then learn what one with the whole batch would.

Torch's ``SyncBatchNorm`` knows CUDA alone. Nor would it be enough: the patch encoder computes its statistics outside of
its norms, with kernels that see the process's own share.
"""

import torch
import torch.nn.functional as F
from lightning.pytorch.plugins import TorchSyncBatchNorm
from torch import Tensor, distributed, nn
from torch.distributed.nn.functional import all_reduce

from nimba.tokens import PatchEncoder
from nimba.tokens.pointwise import max_over_points, update_running_statistics


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
        update_running_statistics(self, mean, variance, int(total[-1]))
        scale = self.weight * torch.rsqrt(variance + self.eps)  # (C,)
        return torch.addcmul(self.bias - mean * scale, x, scale)


class SharedPatchEncoder(PatchEncoder):
    """The patch encoder layer by layer, so that its norms see the statistics of all processes."""

    def forward(self, patches: Tensor) -> Tensor:
        """Encode (B, G, K, 3) -> (B, G, dim)."""
        if not self.training:
            return super().forward(patches)
        B, G, K, _ = patches.shape
        points = patches.reshape(B * G * K, 3)  # (B G K, 3)
        local = self.local(F.relu(self.lift_norm(self.lift(points))))  # (B G K, c2)
        shared = max_over_points(local.view(B * G, K, -1))  # (B G, c2)
        for_global, for_local = self.mix.weight.chunk(2, dim=1)
        of_points = F.linear(local, for_local).view(B * G, K, -1)  # (B G, K, c3)
        of_patch = F.linear(shared, for_global, self.mix.bias)  # (B G, c3)
        mixed = F.relu(self.mix_norm((of_points + of_patch[:, None]).flatten(0, 1)))  # (B G K, c3)
        return max_over_points(self.project(mixed).view(B * G, K, -1)).view(B, G, -1)  # (B, G, dim)


_SHARED: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: SharedBatchNorm,
    PatchEncoder: SharedPatchEncoder,
}
_OWN = {shared: own for own, shared in _SHARED.items()}


class SharedStatistics(TorchSyncBatchNorm):
    """What ``trainer.sync_batchnorm: true`` does to a network while it is trained by several processes.

    The layers stay, with their weights, names and hooks; what they compute changes.
    """

    def apply(self, model: nn.Module) -> nn.Module:
        """Take the statistics of all processes."""
        for module in model.modules():
            if type(module) in _SHARED:
                module.__class__ = _SHARED[type(module)]
        return model

    def revert(self, model: nn.Module) -> nn.Module:
        """Take those of the process alone."""
        for module in model.modules():
            if type(module) in _OWN:
                module.__class__ = _OWN[type(module)]
        return model
