"""The page's charts and matrix, on figures that are known."""

import numpy as np
import pytest

from nimba.evaluation.findings import Findings, SuspiciousLabel
from nimba.evaluation.labelled import LabelledEvaluation
from nimba.evaluation.page.charts import curves
from nimba.evaluation.page.confusion import MOST, confusion
from nimba.evaluation.page.write import write_training_report
from nimba.inference import Answer, Answers, Pose
from nimba.viewer.cloud_drawing import MOST_POINTS, cloud_drawing

POSE = Pose("y", True, 1.0, 0.0)


def made(classes: int, counts: dict[tuple[int, int], int]) -> LabelledEvaluation:
    """An evaluation with so many clouds of a class (first) answered as another (second)."""
    names = tuple(f"class_{number}" for number in range(classes))
    labels, answers = [], []
    for (true, said), count in counts.items():
        chances = np.full(classes, 0.2 / classes)
        chances[said] += 0.8
        labels += [true] * count
        answers += [Answer(f"{true}-{said}", 10, names, tuple(map(float, chances)), pose=POSE)] * count
    ids = [str(number) for number in range(len(labels))]
    items = [np.random.default_rng(0).normal(size=(50, 3))] * len(labels)
    true = np.array(labels)
    return LabelledEvaluation(list(names), ids, true, [names[label] for label in labels], Answers(answers), items, 1.0)


def test_a_single_mistake_is_seen():
    matrix = confusion(made(3, {(0, 0): 499, (0, 1): 1, (1, 1): 3}))
    assert 'class="wrong" style="--shade:20%"' in matrix  # .2 % of the class
    assert "class 0, answered class 1: 1 of 500" in matrix
    assert "The weights know 3 classes; the data has clouds of 2." in matrix
    assert "&gt;99" in matrix
    assert "&lt;1" in matrix
    assert "class 2</th>" not in matrix


def test_more_classes_than_a_page_holds():
    matrix = confusion(made(MOST + 10, {(number, number): 1 for number in range(MOST + 9)} | {(MOST + 9, 0): 2}))
    assert matrix.count('scope="row"') == MOST
    assert f"class {MOST + 9}</th>" in matrix  # it has mistakes
    assert f"Only the {MOST} classes with the most mistakes are drawn" in matrix


def test_curves_draw_what_is_there():
    epochs = [{"epoch": 1, "train/loss": 2.0, "lr": 0.1}, {"epoch": 2, "train/loss": float("nan"), "val/OA": 0.5}]
    drawn = curves(epochs)
    assert "train/loss" in drawn
    assert "val/OA" in drawn
    assert "lr" not in drawn.replace("lr-", "")
    assert "var(--right)" in drawn
    assert "#0101" not in drawn
    assert curves([]) == curves([{"epoch": 1, "lr": 0.1}]) == ""


def test_a_report_of_a_training(tmp_path):
    findings = Findings([], [SuspiciousLabel("a<b", "class_0", "class_1", -0.5)])
    evaluation = made(3, {(0, 0): 5, (1, 0): 2})
    path = tmp_path / "report.html"
    epochs = [{"epoch": number, "train/loss": 1 / number} for number in (1, 2, 3)]
    write_training_report(path, evaluation, epochs=epochs, findings=findings, title="A & B", commands=["nimba <x>"])
    text = path.read_text()
    assert "<title>A &amp; B</title>" in text
    assert "<pre>nimba &lt;x&gt;</pre>" in text
    assert "a&lt;b" in text
    assert "No cloud is there twice." in text
    assert "<h2>Training</h2>" in text
    assert text.count('class="cloud"') == 2


def test_all_right_has_no_mistakes_to_draw(tmp_path):
    write_training_report(tmp_path / "a.html", made(2, {(0, 0): 5, (1, 1): 2}), title="a")
    text = (tmp_path / "a.html").read_text()
    assert "None: every answer is right." in text
    assert "Worst mistakes" not in text
    assert "Duplicates" not in text  # nobody looked


@pytest.mark.parametrize("count", [1, 2, 50, 3000])
def test_a_drawing_of_any_cloud(count):
    drawn = cloud_drawing(np.random.default_rng(0).normal(size=(count, 3)))
    assert drawn.count("h0") == min(count, len(range(0, count, -(-count // MOST_POINTS))))
    assert "nan" not in drawn
