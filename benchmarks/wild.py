"""``python -m benchmarks wild --data FOLDER``: how right the answers are on files that nobody trained on.

Files as they stand, default options; what is chosen by measurement was chosen on the ``dev`` part of the furniture.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.figures import RESULTS, Findings, store
from benchmarks.wild_data import Clouds, Labelled, WildData
from nimba.classifier import NimbaClassifier, load
from nimba.clouds.pose import UP_AXES, turned, upright
from nimba.inference import Decider, Decision
from nimba.inference.fitting import expected_calibration_error

STRANGE = ("tree", "pole", "fence", "building")
CUTLERY = ("fork", "knife", "spoon")
TOGETHER = 64


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and keep the findings."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks wild", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with modelnet40/, wild/ and dales5.npz")
    parser.add_argument("--weights", help="name or file; default: those of nimba classify")
    parser.add_argument("--every", type=int, default=1, help="only every so many clouds; nothing is written then")
    parser.add_argument("--dev", action="store_true", help="the furniture's dev part; nothing is written then")
    parser.add_argument("--calibrate", metavar="NAME", help="fit the calibration of shipped weights, measure nothing")
    options = parser.parse_args(arguments)
    if options.calibrate:
        from benchmarks.wild_calibrate import calibrate

        print(f"written: {calibrate(options.calibrate, WildData(options.data))}")
        return 0
    findings = measure(WildData(options.data), load(options.weights), options.every, "dev" if options.dev else "test")
    if options.every == 1 and not options.dev and options.weights is None:
        print(f"written: {store('wild', findings).relative_to(RESULTS.parents[1])}")
    return 0


def measure(data: WildData, model: NimbaClassifier, every: int = 1, split: str = "test") -> Findings:
    """All figures but those of the files."""
    findings = Findings()
    modelnet = _some(data.modelnet40("test"), every)
    furniture = _some(data.furniture(split), every)
    what = "ModelNet40 test, files' own axes"
    known = answers(model, modelnet.clouds)
    findings.add(f"{what}: OA, one folder", 100 * accuracy(model, known, modelnet), "%", at_least=90.5)
    findings.add(f"{what}: up axis found", 100 * share_up(known, "z"), "%")
    alone = answers(model, modelnet.clouds, alone=True)
    findings.add(f"{what}: OA, each file alone", 100 * accuracy(model, alone, modelnet), "%")
    findings.add(f"{what}: up axis found, alone", 100 * share_up(alone, "z"), "%")
    findings.add(f"{what}: ECE", calibration_error(model, known, modelnet), "", at_most=0.02)

    what = f"furniture {split}"
    given = answers(model, furniture.clouds, up="y")
    findings.add(f"{what}, y up given: OA", 100 * accuracy(model, given, furniture), "%", at_least=86)
    findings.add(f"{what}, y up given: ECE", calibration_error(model, given, furniture), "", at_most=0.05)
    single = answers(model, furniture.clouds, up="y", alone=True)
    findings.add(f"{what}, y up given, each file alone: OA", 100 * accuracy(model, single, furniture), "%")
    straight = answers(model, furniture.clouds, up="y", turns=1)
    findings.add(f"{what}, y up given, --turns 1: OA", 100 * accuracy(model, straight, furniture), "%")
    rng = np.random.default_rng(0)
    yawed = [turned(cloud, rng.uniform(0, 2 * np.pi)) for cloud in furniture.clouds]
    found = answers(model, yawed, up="y")
    findings.add(f"{what}, y up given, any yaw: OA", 100 * accuracy(model, found, furniture), "%", at_least=85)
    axes = rng.integers(len(UP_AXES), size=len(furniture.clouds))
    lying = [_lay(cloud, UP_AXES[axis]) for cloud, axis in zip(furniture.clouds, axes, strict=True)]
    found = answers(model, lying)
    findings.add(f"{what}, six axes at random: OA", 100 * accuracy(model, found, furniture), "%", at_least=82)
    right = np.mean([one.pose.up == UP_AXES[axis] for one, axis in zip(found, axes, strict=True)])
    findings.add(f"{what}, six axes at random: up axis found", 100 * right, "%")
    found = answers(model, furniture.clouds)
    findings.add(f"{what}, axis not given, one folder: OA", 100 * accuracy(model, found, furniture), "%")
    found = answers(model, furniture.clouds, alone=True)
    findings.add(f"{what}, axis not given, each file alone: OA", 100 * accuracy(model, found, furniture), "%")
    findings.add(f"{what}, axis not given, alone: up axis found", 100 * share_up(found, "y"), "%")

    strange = answers(model, data.lidar(*STRANGE)[::every], up="z")
    strange += answers(model, data.depth_views(*CUTLERY)[::every], up="z")
    findings.add("unknown things: AUROC", auroc([*known, *given], strange), "", at_least=0.95)
    for name in (*STRANGE, *CUTLERY):
        some = data.lidar(name) if name in STRANGE else data.depth_views(name)
        found = answers(model, some[::every], up="z")
        findings.add(f"unknown things: {name}, AUROC", auroc([*known, *given], found), "")
        findings.add(f"unknown things: {name}, called unknown", 100 * np.mean([one.is_unknown for one in found]), "%")
    for name, some in (("ModelNet40 test", known), (f"furniture {split}", given)):
        findings.add(f"known things: {name}, called unknown", 100 * np.mean([one.is_unknown for one in some]), "%")
    return findings


def answers(
    model: NimbaClassifier, clouds: Clouds, *, up: str = "auto", turns: int | None = None, alone: bool = False
) -> list[Decision]:
    """Decide about clouds as one folder, or each as if there were no other."""
    decider = Decider(model, up=up, turns=turns)
    prepared = [decider.prepare(cloud) for cloud in clouds]
    vote = None if alone else decider.vote(prepared)
    return [
        decision
        for start in range(0, len(prepared), TOGETHER)
        for decision in decider.decide(prepared[start : start + TOGETHER], vote)
    ]


def accuracy(model: NimbaClassifier, found: list[Decision], labelled: Labelled) -> float:
    """Share of clouds whose top class is one that is accepted."""
    return float(np.mean(_right(model, found, labelled)))


def share_up(found: list[Decision], up: str) -> float:
    """Share of clouds of which an axis was taken for up."""
    return float(np.mean([one.pose.up == up for one in found]))


def calibration_error(model: NimbaClassifier, found: list[Decision], labelled: Labelled) -> float:
    """The expected calibration error."""
    confidence = np.array([one.probabilities.max() for one in found])
    return expected_calibration_error(confidence, _right(model, found, labelled))


def auroc(known: list[Decision], strange: list[Decision]) -> float:
    """The chance that something strange has a higher unknown score than something known; NaN without scores."""
    scores = [np.array([np.nan if one.unknown is None else one.unknown for one in some]) for some in (known, strange)]
    if np.isnan(np.concatenate(scores)).any():
        return float("nan")
    order = np.sort(scores[0])
    below = np.searchsorted(order, scores[1], "left") + np.searchsorted(order, scores[1], "right")
    return float(below.mean() / 2 / len(order))


def _right(model: NimbaClassifier, found: list[Decision], labelled: Labelled) -> np.ndarray:
    assert model.spec is not None
    names = model.spec.class_names
    tops = [names[int(one.probabilities.argmax())] for one in found]
    return np.array([top in accepted for top, accepted in zip(tops, labelled.right, strict=True)])


def _some(labelled: Labelled, every: int) -> Labelled:
    return Labelled(labelled.clouds[::every], labelled.right[::every])


def _lay(cloud: np.ndarray, axis: str) -> np.ndarray:
    """Bring a y-up cloud into a file whose up axis is another: the inverse of ``upright``."""
    matrix = upright(np.eye(3, dtype=cloud.dtype), axis)  # type: ignore[arg-type]  # rows: where the unit vectors go
    return cloud @ matrix.T
