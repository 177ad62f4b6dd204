"""The mean of several networks' weights: one network, as fast as any of them, and often better than each.

A uniform soup (Wortsman et al., Model Soups, ICML 2022, section 2): it works for networks that began with the same
weights, such as runs that were fine-tuned from one start with other seeds or rates.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import nimba
from nimba.classifier import NimbaClassifier, load
from nimba.datasets import CloudDataModule
from nimba.inference.calibration import Calibration
from nimba.runtime.errors import InputError
from nimba.training.calibrating import calibrate
from nimba.training.norms import reestimate

NORM_CLOUDS = 2000  # training clouds that the statistics of norms are taken from
_STATISTICS = ("running_mean", "running_var")
_OF_TRAINING = {"drop_path", "head_dropout"}  # settings that no trained network is told apart by


@dataclass(frozen=True)
class Soup:
    """Averaged weights.

    Args:
        model: the network that has them.
        norms_differ: whether its parts differed in the running statistics of their norms; those of networks that were
            fine-tuned with frozen norms do not, and are right as they are.
    """

    model: NimbaClassifier
    norms_differ: bool


@dataclass(frozen=True)
class Refitted:
    """What was found anew about averaged weights.

    Args:
        norm_clouds: how many training clouds BatchNorm's statistics are of; 0 where they stayed what they were.
        calibration: None without a validation split of 20 clouds or more.
    """

    norm_clouds: int
    calibration: Calibration | None


def average_weights(sources: Sequence[str | Path]) -> NimbaClassifier:
    """The network with the mean of the weights of several trained ones of its kind.

        model = average_weights(["runs/a/0", "runs/a/1", "runs/a/2"])

    The running statistics of norms are averaged as well, see ``refit``; what is counted in whole numbers is the
    first's. The result knows no calibration and no training clouds.

    Args:
        sources: two or more, each as for ``nimba.load``.

    Returns:
        in evaluation mode, with its ``spec``.

    Raises:
        InputError: fewer than two, or ones that differ in more than their weights; naming the difference.
    """
    return blend(sources).model


def blend(sources: Sequence[str | Path]) -> Soup:
    """``average_weights``, with what there is to know of it besides."""
    if len(sources) < 2:
        raise InputError("average: give two checkpoints or more")
    model = load(sources[0])
    assert model.spec is not None
    total = {name: _for_a_sum(value) for name, value in model.state_dict().items()}
    mine, norms_differ = _statistics(model), False
    for source in sources[1:]:
        other = load(source)
        _require_same(model, str(sources[0]), other, str(source))
        for name, value in other.state_dict().items():
            if value.is_floating_point():
                total[name] += value
        norms_differ |= any(not torch.equal(value, mine[name]) for name, value in _statistics(other).items())
    mean = {name: value / len(sources) if value.is_floating_point() else value for name, value in total.items()}
    model.load_state_dict(mean)
    model.spec = replace(model.spec, calibration=None, version=nimba.__version__)
    model.familiarity = None
    return Soup(model, norms_differ)


def refit(soup: Soup, data: CloudDataModule, clouds: int = NORM_CLOUDS) -> Refitted:
    """Take anew what the mean of the weights does not have: BatchNorm's statistics, and the calibration.

    Averaged weights have statistics of their own, which the mean of the statistics is not.

    Args:
        soup: whose network gets them.
        data: that its parts were trained on.
        clouds: how many training clouds the statistics are taken from, augmented as in training; rounded up to whole
            batches.

    Raises:
        InputError: for data without what is needed.
    """
    seen = 0
    if soup.norms_differ:
        batches = list(_batches(data, clouds))
        seen = sum(len(points) for points, *_ in batches)
        reestimate(soup.model, iter(batches))
    return Refitted(seen, calibrate(soup.model, data))


def _statistics(model: NimbaClassifier) -> dict[str, Tensor]:
    return {name: value for name, value in model.named_buffers() if name.rpartition(".")[2] in _STATISTICS}


def _batches(data: CloudDataModule, clouds: int) -> Iterator[tuple[Any, ...]]:
    for _, batch in zip(range(math.ceil(clouds / data.batch_size)), data.train_dataloader(), strict=False):
        yield tuple(batch)


def _for_a_sum(value: Tensor) -> Tensor:
    return value.to(torch.float64, copy=True) if value.is_floating_point() else value.clone()


def _require_same(mine: NimbaClassifier, name: str, other: NimbaClassifier, other_name: str) -> None:
    here, there = _described(mine), _described(other)
    for what in here:  # the same in both, or something before it differs
        if here[what] != there[what]:
            raise InputError(
                f"{other_name}: its {what} is {there[what]}, that of {name} is {here[what]}; give networks of one kind"
            )


def _described(model: NimbaClassifier) -> dict[str, Any]:
    """What two networks have to have in common, most telling first."""
    spec = model.spec
    assert spec is not None
    settings = {key: value for key, value in vars(model.settings).items() if key not in _OF_TRAINING}
    classes = {f"class {number}": name for number, name in enumerate(spec.class_names)}
    return {
        "model": spec.model,
        "number of classes": len(spec.class_names),
        **settings,
        **classes,
        "normalisation": spec.normalisation,
        "num_points": spec.num_points,
        "frame": spec.frame,
    }
