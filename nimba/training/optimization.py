"""Optimizer and learning-rate schedule, both timm's."""

from dataclasses import asdict, dataclass
from typing import Any

from timm.optim import create_optimizer_v2
from timm.scheduler import create_scheduler_v2
from timm.scheduler.scheduler import Scheduler
from torch import nn
from torch.optim import Optimizer

from nimba.runtime.errors import InputError

NARROW = 8  # a matrix with a smaller side, as of a layer that reads coordinates, has no directions to even out
_OF_FSDP = "_fsdp_wrapped_module."  # what FSDP puts into the names of parameters


@dataclass(frozen=True)
class OptimizerSettings:
    """Which of timm's optimizers, and how; the defaults are the paper's recipe for ModelNet40.

    With "muon" (or one of its kin) the matrices between a network's first layers and its last are orthogonalised, and
    AdamW does the rest at the same rate.
    """

    name: str = "adamw"
    lr: float = 3e-4
    weight_decay: float = 0.05
    betas: tuple[float, float] = (0.9, 0.999)
    fused: bool = False  # torch's one pass over all weights an update, for "adamw"; it rounds otherwise


@dataclass(frozen=True)
class ScheduleSettings:
    """Which of timm's schedules, over the whole run; rates are absolute, spans are epochs."""

    name: str = "cosine"
    warmup_epochs: int = 10
    warmup_lr: float = 1e-6
    min_lr: float = 1e-6


def spared_from_decay(model: nn.Module) -> frozenset[str]:
    """Names of the parameters that weight decay spares: all vectors, and what ``model.no_weight_decay()`` names.

    To be asked before a strategy shards the model: a share of a matrix is a vector.
    """
    named = model.no_weight_decay() if hasattr(model, "no_weight_decay") else set()  # type: ignore[operator]
    return frozenset(named | {name for name, p in model.named_parameters() if p.ndim <= 1})


def create_optimizer(model: nn.Module, settings: OptimizerSettings, spared: frozenset[str] | None = None) -> Optimizer:
    """An optimizer over ``model`` whose decay spares some parameters.

    Args:
        model: sharded or not.
        settings: see ``OptimizerSettings``.
        spared: names of these parameters; ``spared_from_decay(model)`` where None.

    Raises:
        InputError: if timm knows no optimizer of that name.
    """
    names = spared_from_decay(model) if spared is None else spared
    kept: list[nn.Parameter] = []
    decayed: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        (kept if name.replace(_OF_FSDP, "") in names else decayed).append(parameter)
    groups = [{"params": kept, "weight_decay": 0.0}, {"params": decayed, "weight_decay": settings.weight_decay}]
    if "muon" in settings.name.lower():
        groups = _for_muon(model, kept, decayed, settings.weight_decay)
    options: dict[str, Any] = {"fused": True} if settings.fused else {}
    try:
        return create_optimizer_v2(
            groups,
            opt=settings.name,
            lr=settings.lr,
            weight_decay=settings.weight_decay,
            betas=settings.betas,
            **options,
        )
    except (ValueError, TypeError) as error:
        raise InputError(f"model.optimizer: timm cannot make {asdict(settings)} ({error})") from None


def _for_muon(
    model: nn.Module, kept: list[nn.Parameter], decayed: list[nn.Parameter], weight_decay: float
) -> list[dict[str, Any]]:
    """Groups of parameters of which the last is Muon's: matrices that are neither narrow nor the classifier's last."""
    head = getattr(model, "head", None)
    last = head[-1].weight if isinstance(head, nn.Sequential) else None
    hidden = [p for p in decayed if p.ndim == 2 and min(p.shape) >= NARROW and p is not last]
    chosen = set(map(id, hidden))
    others = [p for p in decayed if id(p) not in chosen]
    return [
        {"params": kept, "weight_decay": 0.0, "use_fallback": True},
        {"params": others, "weight_decay": weight_decay, "use_fallback": True},
        {"params": hidden, "weight_decay": weight_decay},
    ]


def create_schedule(optimizer: Optimizer, settings: ScheduleSettings, epochs: int, updates_per_epoch: int) -> Scheduler:
    """A schedule that is stepped after each update, so that short runs are smooth too.

    Raises:
        InputError: if timm knows no schedule of that name.
    """
    try:
        schedule, _ = create_scheduler_v2(
            optimizer,
            sched=settings.name,
            num_epochs=epochs,
            min_lr=settings.min_lr,
            warmup_lr=settings.warmup_lr,
            warmup_epochs=settings.warmup_epochs,
            step_on_epochs=False,
            updates_per_epoch=updates_per_epoch,
        )
    except (ValueError, AssertionError) as error:
        raise InputError(f"model.schedule: timm cannot make {asdict(settings)} ({error})") from None
    return schedule
