"""The worst mistakes, drawn."""

from typing import Any

import numpy as np

from nimba.clouds import normalise, resample
from nimba.clouds.pose import turned, upright
from nimba.evaluation.against_labels import LabelledEvaluation, Mistake
from nimba.evaluation.page.markup import class_name, said, share
from nimba.inference.gather import gather
from nimba.runtime.errors import InputError
from nimba.viewer.cloud_drawing import MOST_POINTS, cloud_drawing


def worst(evaluation: LabelledEvaluation, most: int) -> str:
    """A card for each of the most confident mistakes: the cloud, its class, the answer, the file."""
    cards = "".join(_card(mistake, evaluation.items[mistake.place]) for mistake in evaluation.mistakes(most))
    return f'<div class="cards">{cards}</div>' if cards else ""


def _card(mistake: Mistake, item: Any) -> str:
    answer = mistake.answer
    chances = answer.probabilities
    rows = [(answer.nearest or "", "wrong"), (mistake.label, "right")]
    bars = "".join(
        f'<tr><td>{class_name(name)}</td><td><i class="bar {kind}" style="--part:{100 * chances[name]:.1f}%"></i></td>'
        f"<td>{share(chances[name])}</td></tr>"
        for name, kind in rows
    )
    unknown = '<p class="about">called unknown</p>' if answer.is_unknown else ""
    heading = f"<h3>{class_name(mistake.label)} <small>taken for</small> {class_name(answer.nearest or '')}</h3>"
    below = f"{heading}<table>{bars}</table>{unknown}<code>{said(mistake.id)}</code>"
    return f"<article>{_picture(mistake, item)}{below}</article>"


def _picture(mistake: Mistake, item: Any) -> str:
    """The cloud as it was read, turned upright as it was decided; a line where it is not there any more."""
    pose = mistake.answer.pose
    try:
        points = gather([item]).items[0].read().points
    except (InputError, OSError) as error:
        return f'<p class="about">no picture: {said(error)}</p>'
    some = normalise(resample(points, min(len(points), MOST_POINTS)), "unit_sphere")
    if pose is not None:
        some = turned(upright(some, pose.up), np.radians(pose.turn))
    return cloud_drawing(some)
