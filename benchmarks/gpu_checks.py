"""Every check that needs a GPU, under a time limit: equality with the CPU, speed, and a training run.

    python benchmarks/gpu_checks.py --out DIR [--data DIR] [--minutes 8]

Prints one table and writes it to DIR/gpu_checks.json. ``--data`` is the folder of modelnet40_ply_hdf5_2048; with it,
nimba_base is trained through train.py for as long as the limit allows. Without a CUDA device it says so and exits 0.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

import nimba
from nimba.optional import causal_conv1d_available, mamba_ssm_available
from nimba.scan import Mamba
from nimba.serialization import ORDERS, serialize
from nimba.tokens import farthest_point_sampling, k_nearest

Row = dict[str, str | float | bool]


def main() -> int:
    """Run the checks that fit into the limit; 1 if one of equality fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--minutes", type=float, default=8.0)
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        print("skipped: no CUDA device here")
        return 0
    end = time.monotonic() + 60 * arguments.minutes
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = [{"check": "device", "value": torch.cuda.get_device_name()}]
    rows += [{"check": "mamba-ssm", "value": mamba_ssm_available()}]
    rows += [{"check": "causal-conv1d", "value": causal_conv1d_available()}]
    for check in (equality_of_orders, equality_of_mixers, equality_of_logits, speed):
        rows += check()
        report(rows, arguments.out)
    if arguments.data:
        train(arguments.data, arguments.out, seconds=end - time.monotonic() - 20)
    return int(any(row.get("holds") is False for row in rows))


def report(rows: list[Row], out: Path) -> None:
    """Print the last rows and keep all of them in one file."""
    (out / "gpu_checks.json").write_text(json.dumps({"torch": torch.__version__, "rows": rows}, indent=1))
    for row in rows:
        print("  ".join(f"{key}={value}" for key, value in row.items()), flush=True)


def equality_of_orders() -> list[Row]:
    """Integers must agree exactly: FPS, kNN and every order, on the GPU and on the CPU."""
    points = torch.randn(8, 1024, 3, generator=torch.Generator().manual_seed(0))
    chosen = farthest_point_sampling(points, 128)
    centres = points.gather(1, chosen[..., None].expand(-1, -1, 3))  # (8, 128, 3)
    there = points.cuda()
    rows = [
        exact("FPS 1024 -> 128", chosen, farthest_point_sampling(there, 128)),
        exact("kNN 32 of 1024", k_nearest(points, centres, 32), k_nearest(there, centres.cuda(), 32)),
    ]
    return rows + [exact(f"order {o}", serialize(centres, o), serialize(centres.cuda(), o)) for o in ORDERS]


def exact(name: str, here: Tensor, there: Tensor) -> Row:
    """A row that says what share of integers differs."""
    differing = (here != there.cpu()).float().mean().item()
    return {"check": name, "differing": differing, "holds": differing == 0}


def equality_of_mixers() -> list[Row]:
    """The mixer on CUDA against our scan on the CPU in float64: output and gradients, float32 and bf16."""
    torch.manual_seed(0)
    mixer = Mamba(384).double()
    x = torch.randn(4, 64, 384, dtype=torch.float64)
    expected, gradients = run_mixer(mixer, x)
    mixer.zero_grad()
    mixer.float().cuda()
    rows: list[Row] = []
    for dtype, bound in ((torch.float32, 1e-4), (torch.bfloat16, 3e-2)):
        mixer.zero_grad()
        with torch.autocast("cuda", dtype, enabled=dtype != torch.float32):
            result, slopes = run_mixer(mixer, x.float().cuda())
        errors = [error(result, expected), *(error(a, b) for a, b in zip(slopes, gradients, strict=True))]
        rows.append({"check": f"mixer {dtype}", "output": errors[0], "gradients": max(errors[1:]), "bound": bound})
        rows[-1]["holds"] = max(errors) < bound
    return rows


def run_mixer(mixer: Mamba, x: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Output, and gradients of its mean square with respect to the parameters."""
    y = mixer(x)
    y.float().square().mean().backward() if y.dtype != torch.float64 else y.square().mean().backward()
    return y.detach(), [p.grad.detach().clone() for p in mixer.parameters() if p.grad is not None]


def error(result: Tensor, expected: Tensor) -> float:
    """Largest difference over the largest expected value."""
    return ((result.double().cpu() - expected).abs().max() / expected.abs().max()).item()


def equality_of_logits() -> list[Row]:
    """The whole network on a GPU and on a CPU."""
    torch.manual_seed(0)
    model = nimba.create_model("nimba_base").eval()
    points = torch.randn(8, 1024, 3) * 0.4
    with torch.no_grad():
        here = model(points)
        there = model.cuda()(points.cuda())
    difference = error(there, here.double())
    return [{"check": "logits of nimba_base", "difference": difference, "bound": 1e-3, "holds": difference < 1e-3}]


def speed() -> list[Row]:
    """Milliseconds of the stages of a training step, and clouds per second, at batch 32 in bf16."""
    model = nimba.create_model("nimba_base").cuda()
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    points, labels = torch.randn(32, 1024, 3, device="cuda") * 0.4, torch.randint(40, (32,), device="cuda")

    def step() -> None:
        with torch.autocast("cuda", torch.bfloat16):
            loss = torch.nn.functional.cross_entropy(model(points), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    whole, tokens = milliseconds(step), milliseconds(lambda: model.tokenize(points))
    model.eval()
    with torch.no_grad(), torch.autocast("cuda", torch.bfloat16):
        inference = milliseconds(lambda: model(points))
    return [
        {"check": "training step", "ms": whole, "clouds_per_s": 32e3 / whole, "share_of_tokens": tokens / whole},
        {"check": "inference", "ms": inference, "clouds_per_s": 32e3 / inference},
    ]


def milliseconds(function: Callable[[], object], repeats: int = 20) -> float:
    """Median time of a call."""
    times = []
    for _ in range(repeats + 3):
        torch.cuda.synchronize()
        start = time.perf_counter()
        function()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return 1e3 * sorted(times[3:])[repeats // 2]


def train(data: Path, out: Path, seconds: float) -> None:
    """Train nimba_base with the paper's config until the time is up; logs, record and checkpoint land in ``out``."""
    command = [
        sys.executable,
        "train.py",
        "fit",
        "--config",
        "configs/modelnet40.yaml",
        "--data.init_args.root",
        str(data),
    ]
    command += ["--runs", str(out / "runs")]
    with (out / "train.log").open("w") as log:
        try:
            subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, timeout=max(seconds, 1), check=False)
        except subprocess.TimeoutExpired:
            print("training stopped at the limit; resume it with --resume")


if __name__ == "__main__":
    sys.exit(main())
