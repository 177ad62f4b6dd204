"""Things found and named in scenes put together from models of other people: a floor, walls, noise, partial views.

``python -m benchmarks scenes --data ../shared/data``; without the data, scenes of NIMBA's own shapes, found but not
named. A thing is found where its points and an object's have an intersection over union of a half; it is named right
where the most likely class is one that a person would call it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

import nimba
from benchmarks.figures import Findings
from benchmarks.scene_maker import MadeScene, Model, make_scene, random_recipe
from benchmarks.wild_data import WildData
from nimba.scenes import Scene, split_scene

SCENES = 40  # of each kind
UP = (0.0, 1.0, 0.0)
GOAL = 0.8


@dataclass
class Score:
    """What was made of some scenes."""

    things: int = 0
    found: int = 0
    named: int = 0  # found, and named right
    unknown: int = 0  # found, and called unknown
    unknown_though_right: int = 0  # of which the nearest class was right
    exactly: int = 0  # named right where the points are taken from the maker, not found
    whole: int = 0  # named right as the clean whole model
    strange: int = 0  # objects that are no thing, nor a part of one that is hardly seen
    scenes: int = 0
    seconds: float = 0.0


def furniture(data: Path, split: str) -> list[Model]:
    """The models of one split: 2,048 points each, y up, facing as their authors left them."""
    return [
        Model(row["modelnet40"], cloud.astype(np.float64) / 32767, tuple(row["accepted"].split("|")))
        for row, cloud in WildData(data).furniture_models(split)
    ]


def own_shapes(count: int, seed: int = 0, points: int = 2048) -> list[Model]:
    """Models from NIMBA's twelve built-in classes, of so many ``points``."""
    from nimba.datasets.shapes import CLASS_NAMES, make_shape

    rng = np.random.default_rng(seed)
    names = [CLASS_NAMES[number % len(CLASS_NAMES)] for number in range(count)]
    return [Model(name, make_shape(name, rng, points).astype(np.float64)) for name in names]


def made_scenes(models: list[Model], count: int, partial: bool, seed: int = 0) -> Iterator[MadeScene]:
    """Scenes of all kinds; each model comes about as often as any other."""
    rng = np.random.default_rng([seed, partial])
    waiting: list[int] = []
    for _ in range(count):
        recipe = random_recipe(rng, partial)
        while len(waiting) < recipe.objects:
            waiting += rng.permutation(len(models)).tolist()
        chosen, waiting = waiting[: recipe.objects], waiting[recipe.objects :]
        yield make_scene([models[number] for number in chosen], recipe, rng)


def overlaps(made: MadeScene, scene: Scene) -> np.ndarray:
    """Intersection over union of each thing with each object: (T, K)."""
    things, planes, objects = len(made.models), len(scene.planes), len(scene.objects)
    real, found = made.labels, scene.labels - planes
    both = (real >= 0) & (found >= 0)
    common = np.zeros((things, objects))
    np.add.at(common, (real[both], found[both]), 1)
    union = (
        np.bincount(real[real >= 0], minlength=things)[:, None]
        + np.bincount(found[found >= 0], minlength=objects)
        - common
    )
    return common / np.maximum(union, 1)


def strangers(made: MadeScene, scene: Scene, shared: np.ndarray) -> int:
    """Objects that match no thing and are not parts of one that is hardly seen."""
    count = 0
    for number, thing in enumerate(scene.objects):
        hidden = (made.labels[thing.indices] < -1).mean() > 0.5
        count += bool(shared[:, number].max(initial=0) < 0.5 and not hidden)
    return count


class Namer:
    """The most likely class of things that are given one by one, y up, facing anywhere."""

    def __init__(self) -> None:
        self.model = nimba.load()
        self._of_models: dict[int, str] = {}

    def __call__(self, clouds: list[np.ndarray]) -> list[str]:
        """The most likely class of each cloud (N, 3)."""
        answers = self.model.classify(clouds, up="y", together=False) if clouds else ()
        return [str(answer.nearest) for answer in answers]

    def whole(self, models: list[Model]) -> list[str]:
        """That of clean models; each is looked at once, however often it comes."""
        new = [model for model in models if id(model) not in self._of_models]
        self._of_models.update(zip(map(id, new), self([model.points for model in new]), strict=True))
        return [self._of_models[id(model)] for model in models]


def score(scenes: Iterator[MadeScene], name: Namer | None) -> Score:
    """Take scenes apart, and name what is found."""
    total = Score()
    for made in scenes:
        start = perf_counter()
        if name is None:
            answers, scene = None, split_scene(made.points, UP)
        else:
            answers = name.model.classify_objects(made.points, up="y")
            scene = answers.scene
        total.seconds += perf_counter() - start
        shared = overlaps(made, scene)
        hits = [
            (number, int(shared[number].argmax()))
            for number in range(len(made.models))
            if shared[number].max(initial=0) >= 0.5
        ]
        total.scenes += 1
        total.things += len(made.models)
        total.found += len(hits)
        total.strange += strangers(made, scene, shared)
        if name is None or answers is None:
            continue
        for thing, number in hits:
            right = answers[number].nearest in made.models[thing].accepted
            total.named += right
            total.unknown += answers[number].is_unknown
            total.unknown_though_right += right and answers[number].is_unknown
        exact = name([made.points[made.labels == number] for number in range(len(made.models))])
        for model, seen, clean in zip(made.models, exact, name.whole(made.models), strict=True):
            total.exactly += seen in model.accepted
            total.whole += clean in model.accepted
    return total


def run(data: Path | None = None, split: str = "test", count: int = SCENES) -> Findings:
    """All figures: whole views, partial views, both together."""
    findings = Findings()
    if data is None:
        print("no --data: scenes of the built-in shapes, which the weights do not know, are found only")
    models = own_shapes(60) if data is None else furniture(data, split)
    name = None if data is None else Namer()
    scores = {views: score(made_scenes(models, count, views == "partial"), name) for views in ("whole", "partial")}
    for views, one in scores.items():
        _report(findings, f"{views} views", one, name is not None)
    both = Score(
        *(a + b for a, b in zip(vars(scores["whole"]).values(), vars(scores["partial"]).values(), strict=True))
    )
    _report(findings, "all views", both, name is not None, aim=GOAL)
    return findings


def _report(findings: Findings, what: str, one: Score, named: bool, aim: float | None = None) -> None:
    note = f"{one.things} things in {one.scenes} scenes"
    findings.add(f"{what}: things found (IoU >= 0.5)", one.found / one.things, "of all", note=note)
    if named:
        findings.add(f"{what}: found and named right", one.named / one.things, "of all", at_least=aim)
        findings.add(f"{what}: found, and called unknown", one.unknown / one.things, "of all")
        right = (one.named - one.unknown_though_right) / one.things
        findings.add(f"{what}: found and named right, and not unknown", right, "of all")
        findings.add(f"{what}: lost by finding", 1 - one.found / one.things, "of all")
        findings.add(f"{what}: found, and lost by naming", (one.found - one.named) / one.things, "of all")
        findings.add(f"{what}: named right, its own points given", one.exactly / one.things, "of all")
        findings.add(f"{what}: named right, as the clean model", one.whole / one.things, "of all")
    findings.add(f"{what}: false objects", one.strange / one.scenes, "a scene")
    findings.add(f"{what}: time to take apart{' and classify' if named else ''}", one.seconds / one.scenes, "s a scene")
