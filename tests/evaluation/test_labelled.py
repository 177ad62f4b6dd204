"""The figures of a user's labelled clouds are those of the answers that the user would get."""

import json

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import multiclass_f1_score, multiclass_precision

import nimba
from nimba.datasets.shapes import make_shape
from nimba.evaluation.class_names import match_classes
from nimba.evaluation.figures import auroc, class_figures, log_loss, top_accuracy, wilson_interval
from nimba.evaluation.labelled import evaluate_clouds
from nimba.evaluation.scores import Scores
from nimba.inference.fitting import expected_calibration_error
from nimba.runtime.errors import InputError
from tests.prediction.many import NAMES, write_clouds, write_weights


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return nimba.load(write_weights(tmp_path_factory.mktemp("weights") / "a.safetensors"))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Twelve clouds, the first of which cannot be read."""
    folder = tmp_path_factory.mktemp("clouds")
    return [str(folder / name) for name in write_clouds(folder, 12, broken=1)]


def test_figures_are_those_of_the_answers(model, files):
    labels = [NAMES[number % 3] for number in range(12)]
    looked: list[int] = []
    evaluation = evaluate_clouds(model, files, labels, files, progress=looked.append)
    answers = list(model.classify(files))[1:]
    right = np.array([answer.nearest == label for answer, label in zip(answers, labels[1:], strict=True)])
    metrics = evaluation.metrics()
    assert metrics["oa"] == pytest.approx(right.mean())
    assert metrics["oa_low"] < metrics["oa"] < metrics["oa_high"]
    assert metrics["ece"] == expected_calibration_error(np.array([answer.confidence for answer in answers]), right)
    expected = -np.mean(
        [np.log(answer.probabilities[label]) for answer, label in zip(answers, labels[1:], strict=True)]
    )
    assert metrics["log_loss"] == pytest.approx(expected, rel=1e-5)
    assert (metrics["clouds"], metrics["errors"], metrics["top5"]) == (11, 1, None)
    assert list(evaluation.errors) == files[:1]
    assert sum(map(sum, evaluation.scores.confusion)) == 11
    assert sum(looked) == 12
    wrong = [m.answer.confidence for m in evaluation.mistakes()]
    assert len(wrong) == (~right).sum()
    assert wrong == sorted(wrong, reverse=True)
    assert sum(count for *_, count in evaluation.confusions()) == len(wrong)
    assert json.loads(json.dumps(evaluation.to_dict(worst=2)))["mistakes"] == [
        mistake.to_dict() for mistake in evaluation.mistakes(2)
    ]


def test_pose_and_turns_are_asked_for_as_in_classify(model, files):
    labels = ["box"] * 11
    evaluation = evaluate_clouds(model, files[1:], labels, files[1:], up="z", turns=1, together=False)
    assert [a.scores for a in evaluation.answers] == [a.scores for a in model.classify(files[1:], up="z", turns=1)]
    assert [a.pose.up for a in evaluation.answers] == ["z"] * 11


def test_a_class_without_clouds_has_no_accuracy(model, files):
    evaluation = evaluate_clouds(model, files[1:3], ["box", "box"], ["a", "b"])
    assert evaluation.scores.class_accuracies["cup"] is None
    by_name = {figures.name: figures for figures in evaluation.classes}
    assert by_name["cup"].recall is by_name["cup"].f1 is None
    assert evaluation.metrics()["macc"] == evaluation.scores.class_accuracies["box"]


def test_classes_are_matched_as_people_write_them():
    known = ["night_stand", "TV-Stand", "cup"]
    assert match_classes(["Night Stand", "tvstand", "cup", "cups"], known) == {
        "Night Stand": 0,
        "tvstand": 1,
        "cup": 2,
        "cups": None,
    }
    assert match_classes(["a b", "ab"], ["a b", "ab"]) == {"a b": 0, "ab": 1}
    with pytest.raises(InputError, match="several classes"):
        match_classes(["A-B"], ["a b", "ab"])


def test_a_class_that_the_weights_do_not_know_is_refused(model, files):
    with pytest.raises(InputError) as refusal:
        evaluate_clouds(model, files[:3], ["Box", "tree", "pole"], files[:3])
    line = str(refusal.value)
    assert "do not know: pole, tree" in line
    assert "has not: bin, cup" in line
    assert "--unknown" in line


def test_strange_classes_are_counted_apart(model, files):
    labels = ["box"] * 6 + ["tree"] * 6
    evaluation = evaluate_clouds(model, files, labels, files, unknown=True)
    metrics = evaluation.metrics()
    assert (metrics["clouds"], metrics["errors"], metrics["unknown_clouds"]) == (5, 1, 6)
    assert metrics["unknown_auroc"] is None  # these weights have no such score
    assert metrics["called_unknown"] is None
    assert evaluation.strange["classes"] == {"tree": {"clouds": 6, "called_unknown": 0}}
    assert {mistake.label for mistake in evaluation.mistakes()} <= {"box"}


def test_the_unknown_score_of_strange_things_is_held_against_that_of_known_ones():
    rng = np.random.default_rng(0)
    names = ["bottle", "chair", "table"] * 3
    clouds = [make_shape(name, rng, 512) for name in names]
    strange = [rng.uniform(-1, 1, (512, 3)) * [1, 0.2 + number, 1] for number in range(6)]  # clouds without a surface
    labels, ids = [*names, *["fog"] * 6], list(map(str, range(15)))
    model = nimba.load("nimba-small-modelnet40")
    evaluation = evaluate_clouds(model, [*clouds, *strange], labels, ids, up="y", turns=1, unknown=True)
    called = sum(answer.is_unknown for answer in evaluation.answers[9:])
    metrics = evaluation.metrics()
    known = np.array([answer.unknown for answer in evaluation.answers[:9]])
    others = np.array([answer.unknown for answer in evaluation.answers[9:]])
    assert metrics["unknown_auroc"] == pytest.approx((others[:, None] > known).mean())
    assert metrics["unknown_called"] == called / 6
    assert evaluation.strange["classes"] == {"fog": {"clouds": 6, "called_unknown": called}}
    assert 0 <= metrics["called_unknown"] < 0.5


@pytest.mark.parametrize(
    ("count", "labels", "expected"),
    [
        (0, [], "no clouds"),
        (2, ["box"], "give one for each"),
        (1, ["box"], r"not one of 1 clouds .* could be read, such as"),
    ],
)
def test_what_cannot_be_scored_is_refused(model, files, count, labels, expected):
    with pytest.raises(InputError, match=expected):
        evaluate_clouds(model, files[:count], labels, files[:count])
    with pytest.raises(InputError, match="not one class"):
        evaluate_clouds(model, files[:1], ["tree"], files[:1], unknown=True)


def test_arrays_are_scored_too(model):
    clouds = [np.random.default_rng(seed).normal(size=(70, 3)) for seed in range(3)]
    assert evaluate_clouds(model, clouds, NAMES, ["a", "b", "c"]).metrics()["clouds"] == 3


def test_class_figures_are_torchmetrics():
    rng = np.random.default_rng(0)
    truth, said = rng.integers(4, size=(2, 200))
    counts = np.zeros((4, 4), int)
    np.add.at(counts, (truth, said), 1)
    figures = class_figures(Scores(list("abcd"), counts.tolist()))
    pair = torch.from_numpy(said), torch.from_numpy(truth)
    precision = multiclass_precision(*pair, num_classes=4, average="none")
    f1 = multiclass_f1_score(*pair, num_classes=4, average="none")
    assert [one.precision for one in figures] == pytest.approx(precision.tolist())
    assert [one.f1 for one in figures] == pytest.approx(f1.tolist())


def test_wilson_interval():
    assert wilson_interval(8, 10) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)  # as in the literature
    assert wilson_interval(10, 10)[1] == pytest.approx(1.0)
    assert wilson_interval(0, 10)[0] == 0.0


def test_log_loss_and_top():
    chances = np.array([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0]])
    assert log_loss(chances, np.array([0, 1])) == pytest.approx(-np.log(0.7) / 2)
    assert np.isfinite(log_loss(chances, np.array([0, 0])))
    assert top_accuracy(chances, np.array([1, 1]), 2) == 1.0
    assert top_accuracy(chances, np.array([1, 2]), 1) == 0.0


def test_auroc_counts_ties_half():
    assert auroc(np.array([0.1, 0.4]), np.array([0.4, 0.9])) == pytest.approx(3.5 / 4)
