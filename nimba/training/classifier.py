"""What Lightning trains: a NIMBA network with its loss, metrics, optimizer and description."""

import math
from dataclasses import asdict
from typing import Any

import torch
from lightning.pytorch import LightningModule
from timm.scheduler.scheduler import Scheduler
from torch import Tensor
from torch.distributed.fsdp import FullyShardedDataParallel
from torch.nn import functional

import nimba
from nimba.classifier import ClassifierSpec, NimbaClassifier, create_model
from nimba.classifier.registry import model_settings
from nimba.datasets import CloudDataModule
from nimba.datasets.randomness import derived_seed
from nimba.evaluation.metrics import accuracy_metrics
from nimba.geometry.pyramid import Nearby
from nimba.runtime.errors import InputError
from nimba.training.distillation import Teacher, TeacherSettings
from nimba.training.mixing import Mixing
from nimba.training.optimization import (
    OptimizerSettings,
    ScheduleSettings,
    create_optimizer,
    create_schedule,
    spared_from_decay,
)
from nimba.training.start import StartSettings, begin_with

# A value of ``ModelSettings`` in a config. It is not ``Any``: there, a config could put an object of any class.
Setting = int | float | bool | str | list[int] | tuple[int, ...] | None
Batch = tuple[Tensor, Tensor] | tuple[Tensor, Tensor, Nearby]  # points (B, N, 3) float32, labels (B,) int64
COORDINATES_AT_END = 0.003  # share of the coordinate loss's weight that is left in the end, as DeLA's


def describe(name: str, network: NimbaClassifier, data: CloudDataModule) -> ClassifierSpec:
    """What a network is and how its clouds were prepared, for its file.

    Args:
        name: of ``nimba.list_models()``.
        network: with those settings.
        data: that it trains on.
    """
    return ClassifierSpec(
        model=name,
        settings=asdict(network.settings),
        class_names=list(data.class_names),
        normalisation=data.normalisation,
        num_points=data.num_points,
        version=nimba.__version__,
        frame=data.frame,
    )


class ClassificationTask(LightningModule):
    """Train a network of ``nimba.list_models()`` with cross-entropy.

    The network is ``self.model``, so its weights are under ``model.`` in a checkpoint, which also carries the
    network's ``ClassifierSpec`` under ``nimba``. The test split is scored by ``nimba.evaluation`` alone.

    Args:
        model: name of the network, see ``nimba.list_models()``.
        num_classes: width of the logits; on the command line it comes from the data.
        model_settings: fields of ``ModelSettings`` that differ from the named network's.
        optimizer: see ``OptimizerSettings``.
        schedule: see ``ScheduleSettings``.
        label_smoothing: of the training loss; validation uses none.
        mixing: mixes the clouds and labels of training batches. The accuracies of training then count the label that
            most of a cloud's points have.
        start: trained weights to begin with, see ``StartSettings``; the network has to be of their kind, but for its
            head.
        class_weights: of each class in the training loss, in label order; none for all alike.
        teacher: a trained network to learn from beside the labels, see ``TeacherSettings``; its weights are not part of
            the run's.
        auxiliary_weight: of the loss of each auxiliary head that the model settings ask for.
        coordinate_weight: of the loss of the coordinate heads, where the model settings ask for them; it falls along
            the run, by the same factor an update, to .003 of it.

    Raises:
        InputError: for an unknown model, setting, optimizer or schedule, a weight below 0, or a teacher that cannot be
            read.
    """

    def __init__(
        self,
        model: str = "nimba_base",
        num_classes: int = 40,
        model_settings: dict[str, Setting] | None = None,
        optimizer: OptimizerSettings = OptimizerSettings(),  # noqa: B008 - frozen
        schedule: ScheduleSettings = ScheduleSettings(),  # noqa: B008 - frozen
        label_smoothing: float = 0.0,
        mixing: Mixing | None = None,
        start: StartSettings | None = None,
        class_weights: list[float] | None = None,
        teacher: TeacherSettings | None = None,
        auxiliary_weight: float = 0.3,
        coordinate_weight: float = 1 / 3,
    ):
        super().__init__()
        if num_classes < 2:
            raise InputError(f"data: has {num_classes} class; training needs two or more to tell apart")
        if not 0 <= label_smoothing < 1:
            raise InputError(f"model.label_smoothing: must lie in [0, 1), got {label_smoothing}")
        for name, weight in (("auxiliary_weight", auxiliary_weight), ("coordinate_weight", coordinate_weight)):
            if not weight >= 0:
                raise InputError(f"model.{name}: must be at least 0, got {weight}")
        self.model_name = model
        self.model = create_model(model, num_classes=num_classes, **(model_settings or {}))
        if start is not None:
            begin_with(self.model, start)
        self.class_weights = _weights_of(class_weights, num_classes)
        self.spared_from_decay = spared_from_decay(self.model)
        self.optimizer_settings = optimizer
        self.schedule_settings = schedule
        self.label_smoothing = label_smoothing
        self.mixing = mixing
        self.auxiliary_weight = auxiliary_weight
        self.coordinate_weight = coordinate_weight
        self.teacher = None if teacher is None else Teacher(teacher)
        self.train_metrics = accuracy_metrics(num_classes, "train/")
        self.val_metrics = accuracy_metrics(num_classes, "val/")

    def forward(self, points: Tensor, nearby: Nearby | None = None) -> Tensor:
        """Classify (B, N, 3) -> logits (B, num_classes)."""
        return self.model(points) if nearby is None else self.model(points, nearby)

    def on_fit_start(self) -> None:
        """Refuse a teacher of other data, and neighbours kept for another network."""
        if self.teacher is not None:
            self.teacher.check(self.spec())
        if self.mixing is not None and self.class_weights is not None:
            raise InputError(
                "model.class_weights: mixed clouds are of two classes; leave out either it or model.mixing"
            )
        kept = getattr(self.trainer.datamodule, "nearby", None)  # type: ignore[attr-defined]
        if kept is not None:
            settings = self.model.settings
            kept.check((*settings.stages, settings.num_centres), settings.neighbours)
            if self.mixing is not None:
                raise InputError("data.nearby: mixed clouds have other neighbours; leave out either it or model.mixing")

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Loss of one batch: cross-entropy, of mixed clouds and beside a teacher's where the config says so."""
        points, labels, nearby = batch if len(batch) == 3 else (*batch, None)
        mixed = None if self.mixing is None else self.mixing(points, labels, self._seed_of(batch_idx))
        if mixed is not None:
            points, labels = mixed.points, mixed.dominating

        def cross_entropy(logits: Tensor) -> Tensor:
            if mixed is not None:
                return mixed.cross_entropy(logits, self.label_smoothing)
            weight = None if self.class_weights is None else self.class_weights.to(logits.device)
            return functional.cross_entropy(logits, labels, weight, label_smoothing=self.label_smoothing)

        if self.model.settings.trains_otherwise:
            logits, auxiliary, coordinates = self.model.training_outputs(points, nearby)
        else:
            logits, auxiliary, coordinates = self(points, nearby), [], None
        loss = cross_entropy(logits)
        if self.teacher is not None:
            loss = self.teacher.join(loss, logits, points)
        loss = loss + self.auxiliary_weight * sum(map(cross_entropy, auxiliary))
        if coordinates is not None:
            progress = self.global_step / self.trainer.estimated_stepping_batches
            loss = loss + self.coordinate_weight * COORDINATES_AT_END**progress * coordinates
        self.train_metrics.update(logits.detach(), labels)
        self.log("loss", loss, on_step=True, on_epoch=False, prog_bar=True)
        self.log("train/loss", loss, on_step=False, on_epoch=True, batch_size=len(labels), sync_dist=True)
        self.log_dict(self.train_metrics, on_step=False, on_epoch=True)
        return loss

    def _seed_of(self, batch_idx: int) -> int:
        """A seed for a batch of training that does not depend on how the run was cut into starts."""
        seed = self.trainer.datamodule.seed  # type: ignore[attr-defined]
        return derived_seed("mixing", seed, self.current_epoch, batch_idx, self.global_rank)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Loss and accuracies of one batch of the validation split."""
        points, labels = batch[:2]
        logits = self(points)
        loss = functional.cross_entropy(logits, labels)
        self.val_metrics.update(logits, labels)
        self.log("val/loss", loss, on_epoch=True, batch_size=len(labels), sync_dist=True)
        self.log_dict(self.val_metrics, on_epoch=True, prog_bar=True)

    def configure_optimizers(self) -> Any:
        """The optimizer, and its schedule stepped after each update."""
        epochs = self.trainer.max_epochs
        if epochs is None or epochs < 1:
            raise InputError(f"trainer.max_epochs: the schedule needs a number of epochs, got {epochs}")
        updates = max(1, round(self.trainer.estimated_stepping_batches / epochs))
        optimizer = create_optimizer(self.model, self.optimizer_settings, self.spared_from_decay)
        schedule = create_schedule(optimizer, self.schedule_settings, epochs, updates)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def configure_gradient_clipping(
        self, optimizer: Any, gradient_clip_val: float | None = None, gradient_clip_algorithm: str | None = None
    ) -> None:
        """Clip as the Trainer says; the norm of sharded gradients is FSDP's to compute (Lightning refuses to)."""
        whole = self.trainer.strategy.model
        if isinstance(whole, FullyShardedDataParallel) and gradient_clip_val and gradient_clip_algorithm != "value":
            whole.clip_grad_norm_(gradient_clip_val)
        else:
            super().configure_gradient_clipping(optimizer, gradient_clip_val, gradient_clip_algorithm)

    def lr_scheduler_step(self, scheduler: Scheduler, metric: Any | None) -> None:  # type: ignore[override]
        """Tell timm's schedule how many updates were made."""
        scheduler.step_update(self.trainer.global_step)

    def spec(self) -> ClassifierSpec:
        """What the network is and how its clouds were prepared, from the data that it trains on."""
        return describe(self.model_name, self.model, self.trainer.datamodule)  # type: ignore[attr-defined]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Describe the network in its checkpoint."""
        checkpoint["nimba"] = self.spec().to_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse a checkpoint of another network or of other data.

        Raises:
            InputError: naming what differs.
        """
        stored: Any = checkpoint.get("nimba")
        spec = ClassifierSpec.from_dict(stored)
        # A checkpoint from before a setting was there had what is its default today.
        there = spec.to_dict() | {"settings": asdict(model_settings(spec.model, **spec.settings))}
        here = self.spec().to_dict()
        compared = [key for key in here if key in stored and key not in ("version", "calibration")]
        differing = [key for key in compared if here[key] != there[key]]
        if differing:
            key = differing[0]
            raise InputError(
                f"checkpoint: its {', '.join(differing)} differ from this run's ({key}: {there[key]} there, "
                f"{here[key]} here); use the run's own config, or another checkpoint"
            )


def _weights_of(classes: list[float] | None, count: int) -> Tensor | None:
    """Weights of the classes in the loss: (C,)."""
    if classes is None:
        return None
    if len(classes) != count or not all(0 < weight < math.inf for weight in classes):
        raise InputError(f"model.class_weights: takes a number above 0 for each of the {count} classes, got {classes}")
    return torch.tensor(classes)
