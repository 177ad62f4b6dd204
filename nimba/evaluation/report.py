"""What an evaluation leaves: lines to read, a JSON file and a picture."""

from pathlib import Path

from nimba.evaluation.evaluate import Evaluation
from nimba.evaluation.picture import draw_confusion
from nimba.evaluation.scores import Scores
from nimba.runtime.files import write_json

FIGURES = "evaluation.json"


def store(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write ``evaluation.json`` and ``confusion.png``; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    figures, picture = folder / FIGURES, folder / "confusion.png"
    write_json(figures, evaluation.to_dict())
    draw_confusion(evaluation.plain, picture)
    return [figures, picture]


def lines(evaluation: Evaluation) -> list[str]:
    """The figures as text, each class's accuracy among them."""
    plain = evaluation.plain
    width = max(map(len, plain.class_names))
    report = [
        f"{evaluation.spec.model}, {evaluation.weights}, {plain.samples} test clouds",
        "",
        *(
            f"  {name:<{width}}  {_percent(accuracy)}  of {sum(row)}"
            for (name, accuracy), row in zip(plain.class_accuracies.items(), plain.confusion, strict=True)
        ),
        "",
        _accuracies(plain),
    ]
    if evaluation.voted:
        report.append(
            f"{_accuracies(evaluation.voted)}  voted over {evaluation.votes} scaled passes: "
            "an extra, not to be compared with plain figures"
        )
    return report


def _accuracies(scores: Scores) -> str:
    return f"OA {_percent(scores.overall_accuracy)}  mAcc {_percent(scores.mean_class_accuracy)}"


def _percent(share: float | None) -> str:
    return "       -  " if share is None else f"{100 * share:8.4f} %"
