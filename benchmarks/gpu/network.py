"""nimba_base on a GPU: a step of training, inference, and its cost against that of a Transformer."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.figures import Curve, Findings
from benchmarks.gpu.setup import Setup
from benchmarks.network import AttentionBlock
from nimba import create_model
from nimba.classifier.network import NimbaClassifier

BATCHES = (32, 128)
TOKENS = (64, 256, 1024, 4096, 16384, 32768)
PAPERS_BATCH = 32


def training_step(setup: Setup, findings: Findings) -> None:
    """Clouds a second, the share of FPS, kNN and order, and that nothing in a step waits for the device."""
    for batch in setup.size(BATCHES, (2,)):
        model, points, labels = _ready(setup, batch)
        optimizer = torch.optim.AdamW(model.parameters(), fused=not setup.rehearsal)
        ways: dict[str, Callable[[Tensor], Tensor]] = {"": model}
        if not setup.rehearsal:
            ways[", compiled"] = torch.compile(model, dynamic=False)
        for name, run in ways.items():
            step = _step(setup, run, optimizer, points, labels)
            time = setup.milliseconds(step)
            aim = 8000.0 if batch == PAPERS_BATCH and name else None
            findings.add(f"training step{name}, batch {batch}", 1e3 * batch / time, "clouds/s", at_least=aim)
            share = 100 * setup.milliseconds(lambda m=model, p=points: m.tokenize(p)) / time
            findings.add(f"training step{name}, batch {batch}: FPS, kNN and order", share, "%", at_most=15.0)
        if setup.rehearsal:
            continue
        torch.cuda.set_sync_debug_mode("error")  # a step that waits for the device raises
        try:
            _step(setup, model, optimizer, points, labels)()
        finally:
            torch.cuda.set_sync_debug_mode("default")


def inference(setup: Setup, findings: Findings) -> None:
    """Clouds a second, as it is, compiled, and compiled into CUDA graphs."""
    model, points, _ = _ready(setup, setup.size(256, 2))
    model.eval()
    ways: dict[str, Callable[[Tensor], Tensor]] = {"as it is": model}
    if not setup.rehearsal:
        ways["compiled"] = torch.compile(model, dynamic=False)
        ways["compiled, CUDA graphs"] = torch.compile(model, dynamic=False, mode="reduce-overhead")
    for name, run in ways.items():
        with torch.no_grad(), setup.autocast():
            time = setup.milliseconds(lambda run=run: run(points))
        aim = 30_000.0 if name != "as it is" else None
        findings.add(f"inference, {name}, batch {len(points)}", 1e3 * len(points) / time, "clouds/s", at_least=aim)


def against_attention(setup: Setup, findings: Findings) -> None:
    """Forward time of the block stacks against the number of tokens."""
    title = "Twelve blocks of width 384, one cloud, forward, bfloat16"
    mamba = nn.Sequential(*create_model("nimba_base").blocks[: setup.size(12, 1)]).to(setup.device).eval()
    attention = nn.Sequential(*(AttentionBlock(384, 4) for _ in range(setup.size(12, 1)))).to(setup.device).eval()
    times: dict[str, list[float]] = {"Mamba": [], "a Transformer (SDPA, MLP ratio 4)": []}
    counts = setup.size(TOKENS, (16, 32))
    for tokens in counts:
        x = torch.randn(1, tokens, 384, device=setup.device)
        with torch.no_grad(), setup.autocast():
            for name, stack in zip(times, (mamba, attention), strict=True):
                times[name].append(setup.milliseconds(lambda stack=stack, x=x: stack(x)) / 1e3)
        findings.add(
            f"12 blocks on {tokens} tokens",
            times["a Transformer (SDPA, MLP ratio 4)"][-1] / times["Mamba"][-1],
            "times as fast as",
            rival="a Transformer (SDPA, MLP ratio 4)",
        )
    growth = times["Mamba"][-1] / times["Mamba"][-2] / (counts[-1] / counts[-2])
    findings.add(f"cost of a token at {counts[-1]} over {counts[-2]}", growth, "", at_most=1.2)
    findings.curves += [
        Curve(title, name, "tokens", [float(count) for count in counts], seconds) for name, seconds in times.items()
    ]


def _ready(setup: Setup, batch: int) -> tuple[NimbaClassifier, Tensor, Tensor]:
    model = create_model(setup.size("nimba_base", "nimba_tiny")).to(setup.device)
    points = torch.randn(batch, setup.size(1024, 200), 3, device=setup.device) * 0.4
    return model, points, torch.randint(40, (batch,), device=setup.device)


def _step(
    setup: Setup, model: Callable[[Tensor], Tensor], optimizer: torch.optim.Optimizer, points: Tensor, labels: Tensor
) -> Callable[[], None]:
    def step() -> None:
        with setup.autocast():
            loss = F.cross_entropy(model(points), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step
