"""The whole network on a CPU: against itself with the usual parts, and against a Transformer of the same size."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.clouds import noise
from benchmarks.figures import Curve, Findings
from benchmarks.rivals_scan import reference_of_mamba_ssm
from benchmarks.timing import time_in_turn, time_one
from nimba import create_model
from nimba.classifier.network import NimbaClassifier
from nimba.geometry import farthest_point_sampling, k_nearest
from nimba.geometry.neighbours import knn_batched
from nimba.geometry.sampling import fps_batched
from nimba.serialization import serialize

BATCH, TRAINING_BATCH, POINTS = 32, 8, 1024
TOKENS = (64, 128, 256, 512, 1024)


def run() -> Findings:
    """All figures of the network."""
    findings = Findings()
    whole(findings)
    stages(findings)
    against_attention(findings)
    return findings


@contextmanager
def usual_parts() -> Iterator[None]:
    """The same network with mamba-ssm's reference scan (by unbind), and FPS and kNN as torch loops."""
    with (
        patch("nimba.mixers.mamba.selective_scan", reference_of_mamba_ssm),
        patch("nimba.classifier.tokenizing.farthest_point_sampling", fps_batched),
        patch("nimba.classifier.tokenizing.k_nearest", knn_batched),
    ):
        yield


def whole(findings: Findings) -> None:
    """nimba_base: inference and a training step."""
    model = create_model("nimba_base", num_classes=40)
    points = noise(BATCH * POINTS).view(BATCH, POINTS, 3)

    def infer() -> Tensor:
        with torch.inference_mode():
            return model(points)

    def infer_as_usual() -> Tensor:
        with usual_parts():
            return infer()

    model.eval()
    torch.testing.assert_close(infer(), infer_as_usual(), rtol=1e-3, atol=1e-3)
    times = time_in_turn({"ours": infer, "usual": infer_as_usual}, rounds=2)
    what = f"nimba_base, inference, batch {BATCH}, {POINTS} points"
    findings.add(what, BATCH / times["ours"].best, "clouds/s")
    rival = "with reference scan (unbind), torch FPS and kNN"
    ratio = times["usual"].median / times["ours"].median
    findings.add(what, ratio, "times as fast as", rival=rival, at_least=4.0)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters())
    labels = torch.arange(TRAINING_BATCH)

    def train() -> None:
        F.cross_entropy(model(points[:TRAINING_BATCH]), labels).backward()
        optimizer.step()
        optimizer.zero_grad()

    def train_as_usual() -> None:
        with usual_parts():
            train()

    times = time_in_turn({"ours": train, "usual": train_as_usual}, rounds=2)
    what = f"nimba_base, training step, batch {TRAINING_BATCH}, {POINTS} points"
    findings.add(what, TRAINING_BATCH / times["ours"].best, "clouds/s")
    ratio = times["usual"].median / times["ours"].median
    findings.add(what, ratio, "times as fast as", rival=rival, at_least=5.0)


def stages(findings: Findings) -> None:
    """What each stage takes of an inference."""
    model = create_model("nimba_base", num_classes=40).eval()
    s = model.settings
    points = noise(BATCH * POINTS).view(BATCH, POINTS, 3)
    with torch.inference_mode():
        tokens = model.tokenize(points)
        encoded = model.encoder(tokens.patches)
        seconds = {
            "FPS": time_one(lambda: farthest_point_sampling(points, s.num_centres)).best,
            "serialization": time_one(lambda: serialize(tokens.centres, r=s.r, check=False)).best,
            "kNN": time_one(lambda: k_nearest(points, tokens.centres, s.patch_size)).best,
            "patch encoder": time_one(lambda: model.encoder(tokens.patches), rounds=3).best,
            "Mamba blocks": time_one(lambda: _blocks(model, encoded), rounds=3).best,
            "pool and head": time_one(lambda: model.forward_head(encoded)).best,
        }
    for name, value in seconds.items():
        findings.add(f"share of nimba_base's inference: {name}", 100 * value / sum(seconds.values()), "%")


def _blocks(model: NimbaClassifier, x: Tensor) -> Tensor:
    for block in model.blocks:
        x = block(x)
    return model.norm(x)


class AttentionBlock(nn.Module):
    """A Transformer block: attention, then an MLP; of ratio 4 as in Point-MAE, of ratio 1 as large as a Mamba block."""

    def __init__(self, dim: int, ratio: int, heads: int = 6):
        super().__init__()
        self.heads = heads
        self.norm, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, ratio * dim), nn.GELU(), nn.Linear(ratio * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        """(B, L, dim) -> (B, L, dim)."""
        qkv = self.qkv(self.norm(x)).unflatten(-1, (3, self.heads, -1))  # (B, L, 3, H, dim / H)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # 3 x (B, H, L, dim / H)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)  # (B, L, dim)
        x = x + self.out(mixed)
        return x + self.mlp(self.norm2(x))


def against_attention(findings: Findings) -> None:
    """The same width and depth, block stacks alone, from 64 tokens to 1024."""
    model = create_model("nimba_base", num_classes=40).eval()
    dim, depth = model.settings.dim, model.settings.depth
    rivals = {
        f"a Transformer (SDPA, MLP ratio {ratio})": nn.Sequential(
            *(AttentionBlock(dim, ratio) for _ in range(depth))
        ).eval()
        for ratio in (4, 1)
    }
    seconds: dict[str, list[float]] = {name: [] for name in ("Mamba", *rivals)}
    for tokens in TOKENS:
        x = torch.randn(4, tokens, dim)
        functions: dict[str, Callable[[], object]] = {"Mamba": lambda x=x: _blocks(model, x)}
        functions |= {name: lambda x=x, rival=rival: rival(x) for name, rival in rivals.items()}
        with torch.inference_mode():
            times = time_in_turn(functions, rounds=3)
        for name in seconds:
            seconds[name].append(times[name].median)
        for name in rivals:
            findings.add(
                f"12 blocks of width 384 on {tokens} tokens, inference",
                times[name].median / times["Mamba"].median,
                "times as fast as",
                rival=name,
                at_least=1.0 if tokens >= 512 and "ratio 4" in name else None,
            )
    title, sizes = "Twelve blocks of width 384, batch 4, inference", [float(tokens) for tokens in TOKENS]
    findings.curves += [Curve(title, name, "tokens", sizes, values) for name, values in seconds.items()]
