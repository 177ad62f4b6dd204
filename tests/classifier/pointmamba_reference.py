"""PointMamba from the shapes of its published weights and its paper, in plain operations; for comparison."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nimba.geometry import farthest_point_sampling, k_nearest

CELL = 0.02


class Mixer(nn.Module):
    """Mamba by its definition: one place of the path after the other."""

    def __init__(self, dim, d_state=4, d_conv=4, expand=2):
        super().__init__()
        inner, self.rank, self.d_state, self.d_conv = expand * dim, -(-dim // 16), d_state, d_conv
        self.in_proj = nn.Linear(dim, 2 * inner, bias=False)
        self.conv1d = nn.Conv1d(inner, inner, d_conv, groups=inner)
        self.x_proj = nn.Linear(inner, self.rank + 2 * d_state, bias=False)
        self.dt_proj = nn.Linear(self.rank, inner)
        self.A_log, self.D = nn.Parameter(torch.rand(inner, d_state)), nn.Parameter(torch.rand(inner))
        self.out_proj = nn.Linear(inner, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        u, z = self.in_proj(x).chunk(2, -1)
        u = F.silu(self.conv1d(F.pad(u.transpose(1, 2), (self.d_conv - 1, 0))).transpose(1, 2))
        dt, B, C = self.x_proj(u).split([self.rank, self.d_state, self.d_state], -1)
        dt, A, state, places = F.softplus(self.dt_proj(dt)), -self.A_log.exp(), 0, []
        for t in range(x.shape[1]):
            state = (dt[:, t, :, None] * A).exp() * state + (dt[:, t] * u[:, t])[..., None] * B[:, t, None]
            places.append((state * C[:, t, None]).sum(-1) + self.D * u[:, t])
        return self.out_proj(torch.stack(places, 1) * F.silu(z))


class Layer(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm, self.mixer = nn.LayerNorm(dim), Mixer(dim)


class Blocks(nn.Module):
    def __init__(self, dim, depth):
        super().__init__()
        self.layers, self.norm_f = nn.ModuleList(Layer(dim) for _ in range(depth)), nn.LayerNorm(dim)


class Encoder(nn.Module):
    def __init__(self, dim, c1, c2, c3):
        super().__init__()
        self.first_conv = nn.Sequential(nn.Conv1d(3, c1, 1), nn.BatchNorm1d(c1), nn.ReLU(), nn.Conv1d(c1, c2, 1))
        self.second_conv = nn.Sequential(nn.Conv1d(2 * c2, c3, 1), nn.BatchNorm1d(c3), nn.ReLU(), nn.Conv1d(c3, dim, 1))

    def forward(self, patches: Tensor) -> Tensor:
        B, G, _, _ = patches.shape
        local = self.first_conv(patches.flatten(0, 1).transpose(1, 2))  # (B G, c2, K)
        both = torch.cat([local.amax(2, keepdim=True).expand_as(local), local], 1)  # the patch's, then each point's
        return self.second_conv(both).amax(2).view(B, G, -1)


class PointMamba(nn.Module):
    """Points (B, N, 3) -> logits; ``main`` for the branch with two Hilbert curves."""

    def __init__(self, main, num_classes, centres, dim=24, depth=2, head=16, both_poolings=False):
        super().__init__()
        self.main, self.centres, self.both = main, centres, both_poolings
        self.encoder = Encoder(dim, 8, 12, 20)
        self.pos_embed = nn.Sequential(nn.Linear(3, 128), nn.GELU(), nn.Linear(128, dim))
        self.blocks = Blocks(dim, depth)
        if main:
            for curve in (1, 2):
                self.register_parameter(f"OrderScale_gamma_{curve}", nn.Parameter(1 + torch.randn(dim) / 5))
                self.register_parameter(f"OrderScale_beta_{curve}", nn.Parameter(torch.randn(dim) / 5))
        else:
            self.norm = nn.LayerNorm(dim)
        self.cls_head_finetune = nn.Sequential(
            *(nn.Linear(dim * (1 + both_poolings), head), nn.BatchNorm1d(head), nn.ReLU(), nn.Dropout(0.5)),
            *(nn.Linear(head, head), nn.BatchNorm1d(head), nn.ReLU(), nn.Dropout(0.5)),
            nn.Linear(head, num_classes),
        )

    def orders(self, centre: Tensor) -> list[list[int]]:
        """The rounds of one cloud's path: (G, 3)."""
        rows = range(len(centre))
        if not self.main:
            return [sorted(rows, key=lambda i: (centre[i, a].item(), *centre[i].tolist())) for a in range(3)]
        cells = (centre / CELL).floor().long()
        cells = (cells - cells.amin(0)).tolist()
        swaps = [(0, 1, 2), (1, 0, 2)]
        codes = [[hilbert_index([cell[a] for a in axes], 7) for cell in cells] for axes in swaps]
        return [sorted(rows, key=lambda i: (code[i], *centre[i].tolist())) for code in codes]

    def forward(self, points: Tensor) -> Tensor:
        centre = points.gather(1, farthest_point_sampling(points, self.centres)[..., None].expand(-1, -1, 3))
        near = k_nearest(points, centre, 32)
        patches = torch.stack([p[i] for p, i in zip(points, near, strict=True)]) - centre[:, :, None]
        tokens, position, paths = self.encoder(patches), self.pos_embed(centre), []
        for cloud in range(len(points)):
            parts = []
            for number, order in enumerate(self.orders(centre[cloud]), 1):
                part = tokens[cloud, order]
                if self.main:
                    scale, shift = (getattr(self, f"OrderScale_{name}_{number}") for name in ("gamma", "beta"))
                    part = part * scale + shift
                parts.append(part + position[cloud, order])
            paths.append(torch.cat(parts))
        x = torch.stack(paths)
        for layer in self.blocks.layers:
            x = x + layer.mixer(layer.norm(x))
        x = self.blocks.norm_f(x) if self.main else self.norm(self.blocks.norm_f(x))
        return self.cls_head_finetune(torch.cat([x.mean(1), x.amax(1)], 1) if self.both else x.mean(1))


def hilbert_index(cell: list[int], bits: int) -> int:
    """Place of a cell on the Hilbert curve, bit by bit (Skilling 2004): the cube's corner is turned level by level."""
    x = list(cell)
    for level in range(bits - 1, 0, -1):
        low = (1 << level) - 1
        for i in range(3):
            if x[i] >> level & 1:
                x[0] ^= low
            else:
                x[0], x[i] = (x[0] & ~low) | (x[i] & low), (x[i] & ~low) | (x[0] & low)
    index, before = 0, 0
    for level in range(bits - 1, -1, -1):  # a Gray code's digit is the parity of all above it
        for i in range(3):
            before ^= x[i] >> level & 1
            index = index << 1 | before
    return index
