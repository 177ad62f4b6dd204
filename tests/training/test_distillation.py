"""Learning from a trained network."""

import math
import shutil

import pytest
import torch

import nimba
from nimba.runtime.errors import InputError
from nimba.training.cli import train
from nimba.training.distillation import Teacher, TeacherSettings, distillation_loss
from tests.training.tiny import KilledError, KillIn, arguments, config, read, same


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A folder with the data, and a trained network's checkpoint."""
    folder = tmp_path_factory.mktemp("teacher")
    train(arguments(folder, "--trainer.max_epochs=1", "--test_at_end=false"))
    return folder, shutil.copy(folder / "runs/tiny/0/last.ckpt", folder / "teacher.ckpt")


def learn(taught, *more, callbacks=(), **teacher):
    folder, path = taught
    settings = config(folder)
    settings["model"]["teacher"] = {"path": str(path), **teacher}
    return train(arguments(folder, "--test_at_end=false", *more, settings=settings), callbacks)


def test_the_loss_is_the_divergence_at_the_temperature():
    logits, answers = torch.tensor([[0.0, 2.0], [4.0, 0.0]]), torch.tensor([[2.0, 0.0], [4.0, 0.0]])
    # At T = 2: the teacher's answer to the first is (s, 1 - s) with s = sigmoid(1), the student's (1 - s, s); the
    # divergence is then (2 s - 1) ln(s / (1 - s)) = 2 s - 1, times T^2. They agree on the second.
    s = 1 / (1 + math.exp(-1))
    assert distillation_loss(logits, answers, 2.0).item() == pytest.approx(4 * (2 * s - 1) / 2, abs=1e-6)
    assert distillation_loss(answers, answers, 2.0).item() == pytest.approx(0, abs=1e-7)


def test_the_gradient_keeps_its_size_whatever_the_temperature():
    answers = torch.randn(16, 5, generator=torch.Generator().manual_seed(0))
    sizes = []
    for temperature in (20.0, 40.0):
        logits = torch.zeros(16, 5, requires_grad=True)
        distillation_loss(logits, answers, temperature).backward()
        sizes.append(logits.grad.norm().item())
    assert sizes[0] == pytest.approx(sizes[1], rel=0.05)


def test_the_weight_goes_from_the_labels_to_the_teacher(taught):
    points = torch.randn(4, 32, 3, generator=torch.Generator().manual_seed(0))
    logits, loss = torch.zeros(4, 3), torch.tensor(1.5)
    teachers = [Teacher(TeacherSettings(str(taught[1]), weight)) for weight in (0.0, 0.25, 1.0)]
    parts = [teacher.join(loss, logits, points).item() for teacher in teachers]
    with torch.no_grad():
        whole = distillation_loss(logits, nimba.load(taught[1])(points), 4.0).item()
    assert parts == pytest.approx([1.5, 0.75 * 1.5 + 0.25 * whole, whole])


def test_a_run_learns_from_a_teacher_and_keeps_none_of_it(taught):
    before = read(taught[1])["state_dict"]
    metrics, objects = learn(taught, "--experiment=student", weight=0.9, temperature=2.0)
    plain, _ = train(arguments(taught[0], "--test_at_end=false", "--experiment=plain"))
    assert metrics["train/loss"] != plain["train/loss"]
    task = objects["model"]
    assert task.teacher.settings == TeacherSettings(str(taught[1]), 0.9, 2.0)
    assert not task.teacher.network.training
    checkpoint = read(taught[0] / "runs/student/0/last.ckpt")
    assert checkpoint["state_dict"].keys() == before.keys()
    assert not same(checkpoint["state_dict"], before)
    expected = {f"model.{name}": weight for name, weight in task.teacher.network.state_dict().items()}
    assert same(expected, {name: before[name] for name in expected})  # it learnt nothing itself


def test_resuming_changes_nothing(taught):
    straight, _ = learn(taught, "--experiment=straight")
    with pytest.raises(KilledError):
        learn(taught, "--experiment=cut", callbacks=[KillIn(epoch=2)])
    resumed, _ = learn(taught, "--experiment=cut", "--resume")
    assert resumed == straight
    one, other = (read(taught[0] / f"runs/{name}/0/last.ckpt") for name in ("straight", "cut"))
    assert same(one["state_dict"], other["state_dict"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"path": "no.ckpt"}, "no.ckpt: neither weights"),
        ({"weight": 1.5}, "weight"),
        ({"temperature": 0.0}, "temperature"),
        ({"path": "nimba-small-modelnet40"}, "other classes"),
    ],
)
def test_what_cannot_teach_is_refused_in_one_line(taught, wrong, message):
    with pytest.raises(InputError, match=message) as error:
        learn(taught, "--experiment=wrong", **wrong)
    assert "\n" not in str(error.value)


def test_a_teacher_of_another_frame(taught):
    with pytest.raises(InputError, match="other normalisation"):
        learn(taught, "--experiment=cube", "--data.normalisation=cube")
