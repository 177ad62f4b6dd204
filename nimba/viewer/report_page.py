"""A page about many clouds: each with a picture along the model's path, its classes, and what was done to it."""

import html
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from string import Template

import numpy as np
import torch

from nimba.classifier import NimbaClassifier
from nimba.clouds import normalise
from nimba.clouds.pose import turned, upright
from nimba.inference import Answer, Answers
from nimba.inference.words import noted, percent, shown, verdict
from nimba.runtime.files import atomic_write
from nimba.viewer.page import asset
from nimba.viewer.views import PathView
from nimba.viewer.vignette import vignette

TITLE = "Clouds, classified"
_BATCH = 32


def write_report(answers: Answers, model: NimbaClassifier, output: Path, top: int = 5) -> None:
    """Write one HTML file that holds all it needs: it works offline, and runs no script.

    Args:
        answers: from ``model.classify(..., keep_clouds=True)``; those without their cloud have no picture.
        model: whose path is drawn.
        output: the file; it appears whole or not at all.
        top: classes of each cloud to name.

    Raises:
        OSError: naming ``output``, if it cannot be written.
    """
    pictures = _pictures(answers, model)
    cards = "\n".join(_card(answer, next(pictures), top) for answer in answers)
    page = Template(asset("report_page.html")).substitute(
        title=TITLE, style=asset("report_page.css"), about=html.escape(answers.summary), cards=cards
    )
    atomic_write(output, lambda partial: partial.write_text(page, encoding="utf-8"))


def _pictures(answers: Answers, model: NimbaClassifier) -> Iterator[str]:
    """An SVG for each answer; empty where there is no cloud."""
    waiting = iter(answers)
    while batch := list(islice(waiting, _BATCH)):
        clouds = [_frame(answer, model) for answer in batch if answer.cloud is not None]
        views = iter(_views(np.stack(clouds), model) if clouds else ())
        for answer in batch:
            yield "" if answer.cloud is None else vignette(next(views))


def _frame(answer: Answer, model: NimbaClassifier) -> np.ndarray:
    """The cloud as it stood before the network, (P, 3), but for a mirror image."""
    assert model.spec is not None
    assert answer.cloud is not None
    assert answer.pose is not None
    angle = np.radians(answer.pose.turn)
    if model.spec.frame.mirrored and answer.pose.up != "y":
        angle = -angle  # the mirror image of a turn
    return normalise(turned(upright(answer.cloud, answer.pose.up), angle), model.spec.normalisation)


def _views(clouds: np.ndarray, model: NimbaClassifier) -> list[PathView]:
    """The model's path through each of (B, P, 3)."""
    device = next(model.parameters()).device
    with torch.inference_mode():
        paths = model.tokenize(torch.from_numpy(clouds).to(device)).centres.cpu().numpy()  # (B, G, 3)
    return [PathView("", cloud, path, model.settings.r) for cloud, path in zip(clouds, paths, strict=True)]


def _card(answer: Answer, picture: str, top: int) -> str:
    kind = "error" if answer.error else "unknown" if answer.is_unknown else "known"
    name = f"<h2>{html.escape(verdict(answer))}</h2><code>{html.escape(shown(answer.source))}</code>"
    if answer.error is not None:
        return f'<article class="{kind}">{name}<p>{html.escape(shown(answer.error))}</p></article>'
    rows = "".join(
        f'<tr><td>{html.escape(name)}</td><td><i style="width:{100 * p:.1f}%"></i></td><td>{percent(p)}</td></tr>'
        for name, p in answer.top(top)
    )
    score = "" if answer.unknown is None else f"<p>unknown score {answer.unknown:.2f}</p>"
    done = f"<p>{html.escape(noted(answer))}</p>"
    return f'<article class="{kind}">{picture}{name}<table>{rows}</table>{score}{done}</article>'
