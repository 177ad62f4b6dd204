"""nimba_base on a GPU: a step of training, inference, and its cost against that of a Transformer."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.figures import Curve, Findings
from benchmarks.gpu.timing import milliseconds
from benchmarks.network import AttentionBlock
from nimba import create_model
from nimba.classifier.network import NimbaClassifier

BATCHES = (32, 128)
TOKENS = (64, 256, 1024, 4096, 16384, 32768)
PAPERS_BATCH = 32


def training_step(findings: Findings) -> None:
    """Clouds a second, the share of FPS, kNN and order, and that nothing in a step waits for the device."""
    for batch in BATCHES:
        model, points, labels = _ready(batch)
        optimizer = torch.optim.AdamW(model.parameters(), fused=True)
        for name, run in (("", model), (", compiled", torch.compile(model))):
            step = _step(run, optimizer, points, labels)
            time = milliseconds(step)
            aim = 8000.0 if batch == PAPERS_BATCH and name else None
            findings.add(f"training step{name}, batch {batch}", 1e3 * batch / time, "clouds/s", at_least=aim)
            share = 100 * milliseconds(lambda m=model, p=points: m.tokenize(p)) / time
            findings.add(f"training step{name}, batch {batch}: FPS, kNN and order", share, "%", at_most=15.0)
        torch.cuda.set_sync_debug_mode("error")  # a step that waits for the device raises
        try:
            _step(model, optimizer, points, labels)()
        finally:
            torch.cuda.set_sync_debug_mode("default")


def inference(findings: Findings) -> None:
    """Clouds a second, as it is, compiled, and compiled into CUDA graphs."""
    model, points, _ = _ready(256)
    model.eval()
    ways: dict[str, Callable[[Tensor], Tensor]] = {
        "as it is": model,
        "compiled": torch.compile(model),
        "compiled, CUDA graphs": torch.compile(model, mode="reduce-overhead"),
    }
    for name, run in ways.items():
        with torch.no_grad(), torch.autocast("cuda", torch.bfloat16):
            time = milliseconds(lambda run=run: run(points))
        aim = 30_000.0 if name != "as it is" else None
        findings.add(f"inference, {name}, batch {len(points)}", 1e3 * len(points) / time, "clouds/s", at_least=aim)


def against_attention(findings: Findings) -> None:
    """Forward time of the block stacks against the number of tokens."""
    title = "Twelve blocks of width 384, one cloud, forward, bfloat16"
    mamba = nn.Sequential(*create_model("nimba_base").blocks).cuda().eval()
    attention = nn.Sequential(*(AttentionBlock(384, 4) for _ in range(12))).cuda().eval()
    times: dict[str, list[float]] = {"Mamba": [], "a Transformer (SDPA, MLP ratio 4)": []}
    for tokens in TOKENS:
        x = torch.randn(1, tokens, 384, device="cuda")
        with torch.no_grad(), torch.autocast("cuda", torch.bfloat16):
            for name, stack in zip(times, (mamba, attention), strict=True):
                times[name].append(milliseconds(lambda stack=stack, x=x: stack(x)) / 1e3)
        findings.add(
            f"12 blocks on {tokens} tokens",
            times["a Transformer (SDPA, MLP ratio 4)"][-1] / times["Mamba"][-1],
            "times as fast as",
            rival="a Transformer (SDPA, MLP ratio 4)",
        )
    growth = times["Mamba"][-1] / times["Mamba"][-2] / (TOKENS[-1] / TOKENS[-2])
    findings.add(f"cost of a token at {TOKENS[-1]} over {TOKENS[-2]}", growth, "", at_most=1.2)
    findings.curves += [
        Curve(title, name, "tokens", [float(count) for count in TOKENS], seconds) for name, seconds in times.items()
    ]


def _ready(batch: int) -> tuple[NimbaClassifier, Tensor, Tensor]:
    model = create_model("nimba_base").cuda()
    return model, torch.randn(batch, 1024, 3, device="cuda") * 0.4, torch.randint(40, (batch,), device="cuda")


def _step(
    model: Callable[[Tensor], Tensor], optimizer: torch.optim.Optimizer, points: Tensor, labels: Tensor
) -> Callable[[], None]:
    def step() -> None:
        with torch.autocast("cuda", torch.bfloat16):
            loss = F.cross_entropy(model(points), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step
