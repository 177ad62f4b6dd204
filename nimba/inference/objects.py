"""Classify the things in a scan of several: a room, a corner of it, a table top."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nimba.clouds.pose import require_up
from nimba.clouds.read import Reading
from nimba.inference.answer import Answer
from nimba.inference.answers import Answers
from nimba.inference.classify import classify
from nimba.inference.gather import gather
from nimba.inference.grounding import direction
from nimba.inference.network import Network
from nimba.inference.words import percent
from nimba.runtime.errors import InputError
from nimba.scenes import Scene, smoothed, split_scene, write_labelled_ply
from nimba.scenes.settings import some_of

_MOST = 8192  # points of a thing that are smoothed; the network reads fewer


class SceneAnswers(Answers):
    """An answer for each thing in a scan, in the order of ``scene.objects``.

    Args:
        answers: of the things.
        scene: what the scan was taken apart into, in the coordinates that the network was given.
        source: what the scan is called.
        reading: how it was read; what was subtracted from its coordinates there is added to those that are written.
        given: whether the caller said which axis is up.
    """

    def __init__(self, answers: list[Answer], scene: Scene, source: str, reading: Reading, given: bool):
        super().__init__(answers)
        self.scene = scene
        self.source = source
        self.decided = {**reading.decided, "up": scene.axis, "up_given": given}
        self.notes = (
            *reading.notes,
            f"{scene.axis} up, {'as given' if given else 'by the floor' if scene.planes else 'for want of a floor'}",
            scene.settings.described(),
            *scene.notes,
        )
        self._shift = shift_of(reading)

    @property
    def names(self) -> list[str]:
        """What each thing is, in short: "chair 87 %", or "unknown"."""
        return [
            str(answer.label) if answer.is_unknown else f"{answer.label} {percent(answer.confidence or 0, 0)}"
            for answer in self
        ]

    def to_dict(self, top: int | None = None) -> dict[str, Any]:
        """Plain types: "answers", "passed_over", and "scene" with "file", "notes", "decided" and "planes"."""
        planes = [
            {
                "kind": plane.kind,
                "normal": plane.normal.tolist(),
                "offset": plane.offset + float(plane.normal @ self._shift),
                "points": len(plane.indices),
            }
            for plane in self.scene.planes
        ]
        scene = {"file": self.source, "notes": list(self.notes), "decided": self.decided, "planes": planes}
        return {**super().to_dict(top), "scene": scene}

    def write_ply(self, path: str | Path) -> None:
        """Write the scan's points, in the file's coordinates, with a label each; comments say what labels mean.

        Raises:
            OSError: naming ``path``, if it cannot be written.
        """
        points = self.scene.points
        if self._shift.any():
            points = points.astype(np.float64) + self._shift
        write_labelled_ply(Path(path), points, self.scene.labels, self.scene.label_names(self.names))


def classify_objects(
    model: Network, x: Any, *, up: str = "auto", turns: int | None = None, format: str | None = None
) -> SceneAnswers:
    """Take a scan apart and classify each thing in it; see ``NimbaClassifier.classify_objects``."""
    require_up(up)
    inputs = gather(x, format)
    if len(inputs.items) != 1:
        raise InputError(f"x: holds {len(inputs.items):,} clouds; give one scan, and the next one in another call")
    (item,) = inputs.items
    reading = item.read()
    given = up != "auto"
    scene = split_scene(reading.points, direction(up) if given else None)  # type: ignore[arg-type]
    clouds = [scene.upright(number, squared=True) for number in range(len(scene.objects))]
    answers = [
        _of_thing(answer, scene, number, item.source, reading, given)
        for number, answer in enumerate(_classified(model, clouds, turns))
    ]
    return SceneAnswers(answers, scene, item.source, reading, given)


def _classified(model: Network, clouds: list[np.ndarray], turns: int | None) -> list[Answer]:
    """An answer about each thing of a scan, (N, 3) and y up.

    Its class is that of the smoothed thing, which is right more often where there is noise. But smoothing rounds edges,
    which is strange to a network as well: how strange a thing is, it is by the less strange of both.
    """
    if not clouds:
        return []
    as_scanned = [some_of(cloud, _MOST) for cloud in clouds]
    both = classify(model, [*as_scanned, *map(smoothed, as_scanned)], up="y", turns=turns, together=False)
    return [
        _less_strange(after, before) for before, after in zip(both[: len(clouds)], both[len(clouds) :], strict=True)
    ]


def _less_strange(answer: Answer, other: Answer) -> Answer:
    if answer.unknown is None or other.unknown is None or other.unknown > answer.unknown:
        return answer
    return replace(answer, unknown=other.unknown, is_unknown=other.is_unknown)


def shift_of(reading: Reading) -> np.ndarray:
    """What was subtracted from a scan's coordinates: (3,) float64."""
    return np.asarray(reading.decided.get("shift", (0.0, 0.0, 0.0)), np.float64)


def _of_thing(answer: Answer, scene: Scene, number: int, source: str, reading: Reading, given: bool) -> Answer:
    """The answer about a thing in the scan's own coordinates, and with its place in the scan."""
    if answer.pose is None:
        return replace(answer, source=f"{source}[{number}]")
    thing = scene.objects[number]
    box, centre = thing.upright_box, thing.centre + shift_of(reading)
    digits = max(0, 2 - int(np.floor(np.log10(scene.settings.extent))))  # a hundredth to a thousandth of the scan
    size = " x ".join(f"{side:.3g}" for side in box.sides)
    at = ", ".join(f"{value:.{digits}f}" for value in centre)
    stands = scene.planes[thing.on].kind if thing.on is not None else None
    upon = f"{source}[{thing.upon}]" if thing.upon is not None else None
    return replace(
        answer,
        source=f"{source}[{number}]",
        points=len(thing.indices),
        pose=replace(answer.pose, up=scene.axis, given=given, confidence=1.0 if given or scene.planes else 0.0),
        notes=(f"box of {size} around ({at})", *([f"stands on {upon or stands}"] if upon or stands else [])),
        decided={
            "object": number,
            "box": {"centre": centre.tolist(), "size": box.sides.tolist(), "axes": box.axes.tolist()},
            "stands_on": upon or stands,
            "label": len(scene.planes) + number,
        },
    )
