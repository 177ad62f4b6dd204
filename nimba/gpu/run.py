"""Train the networks of a plan side by side until the time is up, and keep what came out."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from nimba.datasets import CloudDataModule
from nimba.datasets.dataset import CloudDataset, collate
from nimba.gpu.augment import augment, plain
from nimba.gpu.learner import Learner, Loss
from nimba.gpu.leave import Config, new_record, save
from nimba.gpu.loss import flat, network_loss, unflat
from nimba.gpu.plan import Plan
from nimba.gpu.prepare import prepare
from nimba.runtime.errors import InputError
from nimba.training.norms import reestimate

TRIAL = 16  # cycles by which the rate is found
SPARE = 0.02  # of the time for training, left free
AHEAD = 4  # cycles that the host may be ahead of the device
SAID = 5  # epochs a line
PACE = 10.0  # seconds between looks at the pace
SAVE = 90.0  # seconds between saves
NORM_CLOUDS = 2048  # for the averaged weights' statistics
END = 3.0  # seconds a network for what comes after its last update


class Reader(nn.Module):
    """A network that is given tokens: what estimates norms calls."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, tensors: tuple[Tensor, ...]) -> Tensor:
        """Tokens, as ``flat`` gives them -> logits."""
        network = self.network
        return network.forward_head(network.forward_features(unflat(tensors)))  # type: ignore[operator]


def train(
    plan: Plan, data: CloudDataModule, config: Config, out: Path, seconds: float, device: str = "cuda"
) -> list[Config]:
    """Train, and write a checkpoint of each network, with the run's record inside, into ``out``.

    Args:
        plan: what to train.
        data: whose training split.
        config: of the data, for the checkpoints: class path and arguments.
        out: gets ``NAME-SEED.ckpt`` of each.
        seconds: for all of it, from now to the last file.
        device: "cuda", or "cpu": for a rehearsal, or to go on with trained weights for a while.

    Returns:
        the records.

    Raises:
        InputError: without a CUDA device, or if not one epoch fits.
    """
    begin = time.monotonic()
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("gpu: there is no CUDA device here; --device cpu rehearses without one")
    end = begin + seconds
    training, validation = data.plain_splits()
    points, labels = (tensor.to(device) for tensor in stacked(training))
    _say(begin, f"{len(labels)} training clouds on {device}")
    learners = _learners(plan, points, labels, data.num_classes, begin)
    left = end - time.monotonic() - END * len(learners)
    with _fast_products(device):
        cycles, lap = _trial(learners, plan, left)
    _say(begin, f"{1e3 * lap:.1f} ms for a cycle of each: {cycles / learners[0].cycles_per_epoch:.1f} epochs")
    records = [new_record(learner, plan, config) for learner in learners]
    for learner in learners:
        learner.schedule(cycles)
    _wait()

    def keep(finished: bool) -> None:
        for learner, record in zip(learners, records, strict=True):
            record |= {"finished": finished, "seconds": round(time.monotonic() - begin, 1)}
            record["config"]["trainer"] = {"max_epochs": len(record["epochs"])} if finished else {}
            save(learner, record, data, out)

    with _fast_products(device):
        _loop(learners, cycles, records, end - END * len(learners), begin, lambda: keep(False))
    for learner, record in zip(learners, records, strict=True):
        finish(learner)
        if validation is not None:
            record["validation"] = validate(learner, *stacked(validation))
        _say(begin, f"{learner.learning.run}: validation {record.get('validation')}")
    keep(True)
    _say(begin, "written")
    return records


@contextmanager
def _fast_products(device: str) -> Iterator[None]:
    """On a CPU, products of bfloat16 where it multiplies those faster, as ``nimba.training.FastProducts`` has them."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium" if device == "cpu" else before)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def stacked(clouds: CloudDataset) -> tuple[Tensor, Tensor]:
    """All clouds (N, P, 3) and labels (N,) of a split."""
    batches = list(DataLoader(clouds, batch_size=1024, collate_fn=collate))
    points, labels = zip(*batches, strict=True)
    return torch.cat(points), torch.cat(labels)


def _learners(plan: Plan, points: Tensor, labels: Tensor, num_classes: int, begin: float) -> list[Learner]:
    """Networks whose cycles are recorded; where compiling fails, uncompiled ones."""

    def made(loss: Loss, how: str) -> list[Learner]:
        learners = [Learner(some, points, labels, num_classes, loss, plan.most_epochs) for some in plan.networks]
        for learner in learners if points.device.type == "cuda" else ():
            learner.record_graph()
            _say(begin, f"{learner.learning.run}: recorded{how}")
        return learners

    if plan.compiled and points.device.type == "cuda":
        try:
            return made(torch.compile(network_loss, dynamic=False, fullgraph=True), ", compiled")
        except Exception as error:
            _say(begin, f"compiling failed, going on without: {type(error).__name__}: {str(error)[:2000]}")
    return made(network_loss, "")


def _trial(learners: list[Learner], plan: Plan, left: float) -> tuple[int, float]:
    """How many cycles fit, and the seconds of one of each network."""
    before = [[tensor.clone() for tensor in learner.state()] for learner in learners]
    count = 1 if learners[0].graph is None else min(TRIAL, learners[0].cycles_per_epoch)
    for learner in learners:
        learner.shuffle()
        learner.schedule(count)
    _wait()
    start = time.monotonic()
    for _ in range(count):
        for learner in learners:
            learner.run_cycle()
    _wait()
    lap = (time.monotonic() - start) / count
    for learner, state in zip(learners, before, strict=True):
        learner.restore(state)
    per_epoch = learners[0].cycles_per_epoch
    fitting = int((left - (time.monotonic() - start)) * (1 - SPARE) / lap)
    cycles = min(fitting, plan.most_epochs * per_epoch)
    if cycles < 1:
        raise InputError(f"gpu: a cycle takes {lap:.2f} s, and {left:.0f} s are left; give more --minutes")
    return cycles, lap


def _loop(
    learners: list[Learner], cycles: int, records: list[Config], end: float, begin: float, keep: Callable[[], None]
) -> None:
    """Run all cycles, stretching the schedule to the time there is."""
    per_epoch = learners[0].cycles_per_epoch
    done, first = 0, time.monotonic()
    looked = saved = first
    mark, mark_progress = 0, 0.0  # where the schedule was last laid out
    while done < cycles:
        if done % per_epoch == 0:
            for learner in learners:
                _shuffle(learner)
        for learner in learners:
            learner.run_cycle()
        done += 1
        _wait_for_some(learners, done)
        ends_epoch, now = done % per_epoch == 0 or done == cycles, time.monotonic()
        if not ends_epoch and now - looked < PACE:
            continue
        _wait()
        looked = now = time.monotonic()
        progress = mark_progress + (1 - mark_progress) * (done - mark) / (cycles - mark)
        if ends_epoch:
            _note(learners, records, done / per_epoch, progress, now - begin)
        fitting = done + int((end - now) * (1 - SPARE / 4) * done / (now - first))
        fitting = min(max(fitting, done + 1), learners[0].most_cycles)
        if done < cycles and (fitting < cycles or (fitting > 1.02 * cycles and progress < 0.5)):
            cycles, mark, mark_progress = fitting, done, progress
            for learner in learners:
                learner.schedule(cycles, done, progress)
            _wait()
        if now - saved > SAVE:
            saved = now
            keep()


def _shuffle(learner: Learner) -> None:
    if learner.stream is None:
        learner.shuffle()
        return
    with torch.cuda.stream(learner.stream):
        learner.shuffle()


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _wait_for_some(learners: list[Learner], done: int) -> None:
    """Keep the host a few cycles ahead, no more."""
    for learner in learners:
        if learner.stream is not None and done % AHEAD == 0:
            learner.stream.synchronize()


def _note(learners: list[Learner], records: list[Config], epoch: float, progress: float, seconds: float) -> None:
    """Put the means of an epoch into the records, and say them now and then."""
    said = []
    for learner, record in zip(learners, records, strict=True):
        loss, right, count = learner.told.tolist()
        if loss != loss:
            raise RuntimeError(f"{learner.learning.run}: the loss is NaN after {epoch:.1f} epochs")
        learner.told.zero_()
        means = {"train/loss": loss / max(count, 1), "train/OA": right / max(count, 1)}
        record["epochs"].append({"epoch": round(epoch, 2), "lr": learner.rate(progress), **means})
        said.append(f"{learner.learning.run} {means['train/loss']:.3f} {100 * means['train/OA']:.2f} %")
    if len(records[0]["epochs"]) % SAID == 1:
        print(f"{seconds:6.1f} s  epoch {epoch:6.1f}  " + "  ".join(said), flush=True)


def finish(learner: Learner) -> None:
    """Take the averaged weights, and their norms' statistics from training clouds."""
    learner.take_average()
    how = plain(learner.learning.augmentation)
    batches = []
    for start in range(0, min(NORM_CLOUDS, len(learner.points) - 1), 256):
        chosen = learner.deck[start : start + 256]
        clouds = augment(learner.points[chosen], learner.labels[chosen], how)
        tokens = prepare(clouds.points, clouds.there, learner.network.settings)
        batches.append((flat(tokens), clouds.labels))
    reestimate(Reader(learner.network), iter(batches))
    learner.network.eval()


@torch.no_grad()
def validate(learner: Learner, points: Tensor, labels: Tensor) -> dict[str, float]:
    """Accuracy and log-loss of clouds as evaluation shows them."""
    network = learner.network
    logits = torch.cat([network(some.to(learner.device)).float().cpu() for some in points.split(128)])  # (N, C)
    loss = nn.functional.cross_entropy(logits, labels)
    return {"OA": (logits.argmax(1) == labels).double().mean().item(), "log_loss": loss.item(), "clouds": len(labels)}


def _say(begin: float, what: str) -> None:
    print(f"{time.monotonic() - begin:6.1f} s  {what}", flush=True)
