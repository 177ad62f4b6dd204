"""A network that trains by cycles: some batches are prepared together, and an update is made of each.

On CUDA a cycle is one graph: the host starts it and is free. The rate of learning lies in a table on the device.
Products are of float16 there, not bfloat16: its three bits less cost a maximum over neighbours many of its winners.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from nimba.classifier import create_model, load
from nimba.classifier.network import NimbaClassifier
from nimba.gpu.augment import augment
from nimba.gpu.batch import Clouds
from nimba.gpu.loss import flat
from nimba.gpu.plan import Learning
from nimba.gpu.prepare import prepare
from nimba.runtime.errors import InputError
from nimba.training.classifier import COORDINATES_AT_END
from nimba.training.optimization import spared_from_decay

WARMED_UP = 1e-2  # of the rate: where the rise begins
SCALE = 2.0**14  # of the loss at first, which keeps small gradients above float16's smallest number

Loss = Callable[..., tuple[Tensor, Tensor]]


class Batch(NamedTuple):
    """Prepared clouds and what they are."""

    tokens: tuple[Tensor, ...]  # as ``flat`` gives them
    clouds: Clouds

    def part(self, rows: slice) -> "Batch":
        """Some of them, contiguous in memory."""
        tokens, clouds = (tuple(tensor[rows].contiguous() for tensor in tensors) for tensors in self)
        return Batch(tokens, Clouds(*clouds))


class Learner:
    """One network with its optimizer, its averaged weights and its place in the data.

    Args:
        learning: what to do.
        points: (N, P, 3) of all training clouds, on the device.
        labels: (N,).
        num_classes: width of the logits.
        loss: what ``nimba.gpu.loss.network_loss`` does, compiled or not.
        most_epochs: that a schedule may have.

    Raises:
        InputError: for a network without the encoder "dense", or clouds fewer than a cycle takes.
    """

    def __init__(
        self, learning: Learning, points: Tensor, labels: Tensor, num_classes: int, loss: Loss, most_epochs: int
    ):
        torch.manual_seed(learning.seed)
        self.learning, self.points, self.labels, self.loss = learning, points, labels, loss
        settings = {"coordinate_heads": learning.coordinates > 0, **learning.model_settings}
        network = create_model(learning.model, num_classes, **settings)
        if network.settings.encoder != "dense":
            raise InputError(f"{learning.name}: {learning.model} has no encoder 'dense', the only one that trains so")
        if learning.start is not None:
            begin_with(network, learning.start)
        self.network = network.to(points.device).train()
        self.average = [p.detach().clone() for p in self.network.parameters()]
        self.cycle_clouds = learning.batch * learning.at_once
        if len(points) < self.cycle_clouds:
            raise InputError(f"{learning.name}: a cycle takes {self.cycle_clouds} clouds, there are {len(points)}")
        self.cycles_per_epoch = len(points) // self.cycle_clouds
        device = points.device
        self.device = device
        self.most_cycles = most_epochs * self.cycles_per_epoch
        most_updates = self.most_cycles * learning.at_once
        self.rates = torch.zeros(most_updates, device=device)  # a graph knows where they lie: ``schedule`` fills them
        self.weights = torch.zeros(most_updates, device=device)  # of the coordinate loss
        self.keep = torch.zeros((), device=device)  # share of the average that an update keeps
        self.update = torch.zeros(1, dtype=torch.int64, device=device)
        self.lr = torch.zeros((), device=device)
        self.deck = torch.rand(len(points), device=device).argsort()
        self.cursor = torch.zeros(1, dtype=torch.int64, device=device)
        self.told = torch.zeros(3, device=device)  # loss, right, clouds since the last look
        self.optimizer = self._optimizer()
        self.scaler = torch.amp.GradScaler(device.type, init_scale=SCALE, enabled=device.type == "cuda")
        self.scaler.scale(torch.zeros((), device=device))  # its state is made with the first call
        self.graph: torch.cuda.CUDAGraph | None = None
        self.stream = torch.cuda.Stream() if device.type == "cuda" else None

    def _optimizer(self) -> torch.optim.Optimizer:
        spared = spared_from_decay(self.network)
        groups = [
            {"params": [p for n, p in self.network.named_parameters() if (n in spared) == kept], "weight_decay": decay}
            for kept, decay in ((True, 0.0), (False, self.learning.weight_decay))
        ]
        cuda = self.device.type == "cuda"
        rate: Tensor | float = self.lr if cuda else 0.0
        return torch.optim.AdamW(groups, lr=rate, fused=cuda, capturable=cuda)

    def schedule(self, cycles: int, done: int = 0, progress: float = 0.0) -> None:
        """Fill the tables from a cycle on, so that the run ends at the last one.

        Args:
            cycles: of the whole run.
            done: how many are behind.
            progress: along the schedule, in [0, 1), that was reached by then.
        """
        begin, end = done * self.learning.at_once, cycles * self.learning.at_once
        steps = torch.arange(end - begin, dtype=torch.float64)
        along = (progress + (1 - progress) * steps / max(end - begin, 1)).tolist()
        rates = torch.tensor([self.rate(share) for share in along])
        weights = torch.tensor([self.learning.coordinates * COORDINATES_AT_END**share for share in along])
        self.rates[begin:end] = rates.to(self.device)
        self.weights[begin:end] = weights.to(self.device)
        age = max(self.learning.window * cycles, 1.0)  # in cycles, the steps of the average
        self.keep.fill_(age / (1 + age))

    def rate(self, progress: float) -> float:
        """The rate at a share of the run in [0, 1]."""
        how = self.learning
        if progress < how.warmup:
            return how.lr * (WARMED_UP + (1 - WARMED_UP) * progress / how.warmup)
        wave = 0.5 + 0.5 * math.cos(math.pi * (progress - how.warmup) / (1 - how.warmup))
        return how.lr_end + (how.lr - how.lr_end) * wave

    def draw(self) -> Batch:
        """The next clouds of the epoch, changed and prepared."""
        span = torch.arange(self.cycle_clouds, device=self.device)
        chosen = self.deck[self.cursor + span]
        self.cursor += self.cycle_clouds
        clouds = augment(self.points[chosen], self.labels[chosen], self.learning.augmentation)
        return Batch(flat(prepare(clouds.points, clouds.there, self.network.settings)), clouds)

    def cycle(self) -> None:
        """Draw, and make an update of each batch."""
        batch = self.draw()
        for number in range(self.learning.at_once):
            rows = slice(number * self.learning.batch, (number + 1) * self.learning.batch)
            self._step(batch.part(rows))
        self._move_average()

    @torch.no_grad()
    def _move_average(self) -> None:
        torch._foreach_mul_(self.average, self.keep)
        torch._foreach_add_(self.average, torch._foreach_mul(list(self.network.parameters()), 1 - self.keep))

    def _step(self, batch: Batch) -> None:
        clouds = batch.clouds
        now = self.update.clamp(max=len(self.rates) - 1)
        self.lr.copy_(self.rates[now].squeeze(0))
        weight, smoothing = self.weights[now].squeeze(0), self.learning.label_smoothing
        labels = clouds.labels, clouds.others, clouds.share
        with torch.autocast(self.device.type, torch.float16, enabled=self.device.type == "cuda"):
            loss, right = self.loss(self.network, batch.tokens, *labels, weight, smoothing)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        parameters = [p for p in self.network.parameters() if p.grad is not None]
        nn.utils.clip_grad_norm_(parameters, self.learning.clip, foreach=True)
        if self.device.type != "cuda":
            for group in self.optimizer.param_groups:
                group["lr"] = float(self.lr)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        self.update += 1
        clouds_now = torch.full_like(right, len(clouds.labels))
        self.told += torch.stack([loss.detach().float() * clouds_now, right, clouds_now])

    def shuffle(self) -> None:
        """Begin an epoch."""
        self.deck.copy_(torch.rand(len(self.deck), device=self.device).argsort())
        self.cursor.zero_()

    def record_graph(self, warm_up: int = 4) -> None:
        """Run a few cycles, which compile what is to be compiled, and capture one; nothing of it is learned.

        Raises:
            RuntimeError: where gradients are infinite or NaN all the time.
        """
        assert self.stream is not None
        before = [tensor.clone() for tensor in self.state()]
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            for _ in range(warm_up):
                self.cycle()
            self.stream.synchronize()
            if self.scaler.get_scale() < SCALE / 2 ** (3 * self.learning.at_once):
                raise RuntimeError("gradients are not finite, whatever the loss is scaled by")
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph, stream=self.stream):
                self.cycle()
            self.restore(before)
        torch.cuda.synchronize()

    def run_cycle(self) -> None:
        """One cycle, without waiting for it."""
        if self.graph is None:
            self.cycle()
            return
        with torch.cuda.stream(self.stream):
            self.graph.replay()

    def state(self) -> list[Tensor]:
        """All that learning changes; the optimizer's part is there after the first update."""
        found = [*self.network.state_dict().values(), *self.average, self.update, self.cursor, self.told]
        if self.scaler.is_enabled():
            found += [self.scaler._scale, self.scaler._growth_tracker]  # type: ignore[list-item]
        for values in self.optimizer.state.values():
            found += [value for value in values.values() if isinstance(value, Tensor)]
        return found

    @torch.no_grad()
    def restore(self, before: list[Tensor]) -> None:
        """Put back what ``state`` gave; an optimizer that had no state then begins anew."""
        now = self.state()
        for tensor, old in zip(now[: len(before)], before, strict=True):
            tensor.copy_(old)
        for tensor in now[len(before) :]:
            tensor.zero_()

    @torch.no_grad()
    def take_average(self) -> None:
        """Train no more: the averaged weights, with norms' statistics of their own."""
        for parameter, mean in zip(self.network.parameters(), self.average, strict=True):
            parameter.copy_(mean)


def begin_with(network: NimbaClassifier, weights: str) -> None:
    """Take over all weights of a trained network of the same form.

    Raises:
        InputError: naming the file, if it has others.
    """
    try:
        network.load_state_dict(load(weights).state_dict())
    except RuntimeError as error:
        raise InputError(f"start: {weights} is of another network ({str(error).splitlines()[-1].strip()})") from None
