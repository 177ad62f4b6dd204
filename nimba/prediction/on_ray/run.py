"""A prediction on Ray from start to end: the plan, the vote on the pose, the parts, and what came of all of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from nimba.classifier import NimbaClassifier
from nimba.inference.decide import VOTERS
from nimba.inference.vote import Vote
from nimba.prediction.essence import SETTINGS, check_essence, essence_of
from nimba.prediction.on_ray.inputs import find_inputs
from nimba.prediction.on_ray.part import Job, PartResult
from nimba.prediction.on_ray.plan import PARTS, Part, plan, whole_files
from nimba.prediction.on_ray.summary import Summary, summarise
from nimba.prediction.on_ray.tasks import Tasks
from nimba.prediction.settings import PredictionSettings
from nimba.prediction.vote import VOTE, take_vote
from nimba.runtime.cluster import capacity, ray_cluster
from nimba.runtime.errors import InputError
from nimba.runtime.places import Place, place

_READ_FOR_THE_VOTE = 16  # clouds in a task


@dataclass(frozen=True)
class RaySettings:
    """How the work is spread.

    Args:
        address: of a running cluster; None to start one on this machine.
        gpus_per_worker: GPUs, or a share of one; 0 for CPUs.
        part_size: clouds of a part.

    Raises:
        InputError: a number out of its range.
    """

    address: str | None = None
    gpus_per_worker: float = 0
    part_size: int = 256

    def __post_init__(self) -> None:
        if self.part_size < 1:
            raise InputError(f"part_size: must be at least 1, got {self.part_size}")
        if self.gpus_per_worker < 0:
            raise InputError(f"gpus_per_worker: must not be below 0, got {self.gpus_per_worker}")


def predict_on_ray(
    model: NimbaClassifier,
    origin: str,
    output: str,
    settings: PredictionSettings = PredictionSettings(),  # noqa: B008 - frozen
    spread: RaySettings = RaySettings(),
    show_progress: bool = False,
) -> Summary:
    """Classify every cloud of a folder, a bucket or a list that has no row in ``output`` yet.

    Args:
        model: as ``nimba.load`` returns it.
        origin: see ``find_inputs``.
        output: a folder, or a bucket's prefix.
        settings: see ``PredictionSettings``; ``workers`` are parts at once, 0 for one on each core of the cluster.
        spread: see ``RaySettings``.
        show_progress: draw a bar.

    Raises:
        InputError: no clouds, an output that cannot be written or holds other predictions, no cluster.
    """
    where = place(output)
    inputs = find_inputs(origin, where)
    _prepare(where, essence_of(model, inputs.source.address, settings, "ray"))
    parts = plan(where, inputs.names, spread.part_size)
    done = set(whole_files(where, PARTS))
    left = [part for part in parts if part.name not in done]
    if left:
        job = Job(inputs.source, where, settings)
        with ray_cluster(spread.address) as ray:
            if capacity(ray, "GPU") < spread.gpus_per_worker:
                raise InputError(f"gpus_per_worker: the cluster has {capacity(ray, 'GPU')} GPUs")
            tasks = Tasks(ray, model, job, settings.workers, spread.gpus_per_worker)
            vote = _vote(model, job, tasks, parts)
            with _bar(parts, left, show_progress) as step:
                tasks.go_through(left, vote, step)
    return summarise(where, parts, inputs.passed_over)


def _prepare(output: Place, essence: dict[str, Any]) -> None:
    """Refuse an output of other predictions, or one that cannot be written."""
    try:
        stored = output.read(SETTINGS)
        if stored is None:
            output.write(SETTINGS, json.dumps(essence, indent=2).encode() + b"\n")
            return
        there = json.loads(stored)
    except (OSError, ValueError) as error:
        raise InputError(f"{output.address}: cannot hold predictions ({error}); choose another --output") from None
    check_essence(there, essence, output.address)


def _vote(model: NimbaClassifier, job: Job, tasks: Tasks, parts: list[Part]) -> Vote | None:
    """The vote of the first clouds on their pose: the one that is kept, or taken here and kept; None if none is due.

    The clouds are read by workers: they are strangers', and may kill who reads them.
    """
    decider = job.settings.decider(model)
    if decider.up is not None and decider.turns == 1:
        return None
    stored = job.output.read(VOTE)
    if stored is not None:
        try:
            return Vote.from_dict(json.loads(stored))
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{job.output.within(VOTE)}: damaged; start anew with another --output") from None
    first = [file for part in parts[:VOTERS] for file in part.files][:VOTERS]
    vote = take_vote(decider, tasks.read(first, _READ_FOR_THE_VOTE), job.settings.batch_size)
    job.output.write(VOTE, json.dumps(vote.to_dict()).encode() + b"\n")
    return vote


class _bar:  # noqa: N801 - used as a function
    """A bar of clouds, moved by a whole part."""

    def __init__(self, parts: list[Part], left: list[Part], show: bool):
        total = sum(len(part.files) for part in parts)
        before = total - sum(len(part.files) for part in left)
        self._bar = tqdm(total=total, initial=before, disable=not show, unit="file", smoothing=0.1)

    def __enter__(self) -> Callable[[Part, PartResult], object]:
        return lambda part, result: self._bar.update(len(part.files))

    def __exit__(self, *error: object) -> None:
        self._bar.close()
