"""Parts as tasks of Ray: each is done once, whichever workers and machines are lost on the way.

Ray itself repeats nothing: it would give a file that kills its reader to one worker after the other. Here a part whose
machine is gone is done again. One whose worker died alone is put off: once the others are done its clouds are read one
at a time, each in a task of its own with nothing beside it, and one on which a worker dies again is a row that says so.
Each part is written by the worker that did it; what comes back from it is small.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from nimba.classifier import NimbaClassifier
from nimba.inference.vote import Vote
from nimba.prediction.batches import ReadCloud
from nimba.prediction.on_ray.part import Job, PartResult, predict_part, read_clouds
from nimba.prediction.on_ray.plan import Part
from nimba.runtime.cluster import capacity
from nimba.runtime.errors import InputError
from nimba.runtime.ray_tasks import deaths, each, result_of

DIED = "its worker died on it each time that it was read; more memory may help"
_QUEUED = 2  # tasks for each core: one runs, one waits
_ENOUGH = 5  # deaths of a worker that reads no file of a stranger's, or of its machine


class Tasks:
    """The parts of one job.

    Args:
        ray: the module, connected.
        model: as ``nimba.load`` returns it.
        job: what all parts have in common.
        workers: parts at once; 0 for as many as the cluster has cores, also those that join it.
        gpus: of each worker.
    """

    def __init__(self, ray: Any, model: NimbaClassifier, job: Job, workers: int = 0, gpus: float = 0):
        self._ray = ray
        self._job = job
        self._spec = model.spec
        self._model = ray.put(model)
        self._workers = workers
        kept = {"max_calls": 0} if gpus else {}  # else a worker with a GPU would load torch anew for each part
        self._predict = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=0, **kept)(_predict)
        self._read = ray.remote(num_cpus=1, max_retries=0)(_read)

    def read(self, files: list[str], at_once: int) -> list[ReadCloud]:
        """Read clouds, ``at_once`` in a task, in order; one that kills its reader is an error."""
        lots = [files[start : start + at_once] for start in range(0, len(files), at_once)]
        tasks = [self._read.remote(self._job, self._spec, lot) for lot in lots]
        found: list[list[ReadCloud] | None] = []
        for task in tasks:
            try:
                found.append(result_of(self._ray, task))
            except deaths(self._ray):
                found.append(None)
        return [
            cloud
            for lot, clouds in zip(lots, found, strict=True)
            for cloud in (self._one_by_one(lot) if clouds is None else clouds)
        ]

    def go_through(self, parts: Iterable[Part], vote: Vote | None, done: Callable[[Part, PartResult], object]) -> None:
        """Do parts in any order, and call ``done`` with each.

        Raises:
            InputError: where workers die that read nothing, or no cloud of a part can be reached.
        """
        again: list[Part] = []
        suspects: list[Part] = []
        submit = partial(self._submit, vote)
        for part, result in each(self._ray, parts, submit, self._limit):
            if result is None:
                suspects.append(part)
            elif result.written:
                done(part, result)
            else:
                again.append(part)
        for part, result in each(self._ray, again, partial(submit, last_try=True), self._limit):
            if result is None:
                suspects.append(part)
            else:
                done(part, _written(part, result))
        for part in suspects:
            done(part, _written(part, self._carefully(part, submit)))

    def _submit(self, vote: Vote | None, part: Part, **how: Any) -> Any:
        return self._predict.remote(self._model, vote, self._job, part, **how)

    def _carefully(self, part: Part, submit: Callable[..., Any]) -> PartResult:
        """A part whose clouds are read by themselves first, so that none of them can end the task that writes it."""
        clouds = self._one_by_one(part.files)
        for _ in range(_ENOUGH):
            try:
                return result_of(self._ray, submit(part, clouds=clouds, last_try=True))
            except deaths(self._ray):
                continue
        raise InputError(f"{part.name}: its worker died {_ENOUGH} times, reading no file; give each more memory")

    def _one_by_one(self, files: Iterable[str]) -> list[ReadCloud]:
        return [self._alone(file) for file in files]

    def _alone(self, file: str) -> ReadCloud:
        for _ in range(_ENOUGH):
            try:
                return result_of(self._ray, self._read.remote(self._job, self._spec, [file]))[0]
            except self._ray.exceptions.NodeDiedError:
                continue
            except deaths(self._ray):
                break
        return ReadCloud(file, error=DIED)

    def _limit(self) -> int:
        return self._workers or max(1, _QUEUED * capacity(self._ray))


def _written(part: Part, result: PartResult) -> PartResult:
    if not result.written:
        raise InputError(f"{part.files[0]} and {len(part.files) - 1} more: none can be read ({result.example})")
    return result


def _predict(*args: Any, **how: Any) -> PartResult:
    one_core()
    model, *rest = args
    return predict_part(_on_device(model), *rest, **how)


def _read(job: Job, spec: Any, files: list[str]) -> list[ReadCloud]:
    one_core()
    return list(read_clouds(job, spec, files))


def one_core() -> None:
    """As many threads as the task has cores; Ray says so to OpenMP alone."""
    import torch

    torch.set_num_threads(1)


def _on_device(model: NimbaClassifier) -> NimbaClassifier:
    import ray
    import torch

    return model.to("cuda") if ray.get_gpu_ids() and torch.cuda.is_available() else model
