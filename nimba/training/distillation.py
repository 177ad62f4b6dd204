"""Knowledge distillation: learn from a trained network's answers beside the labels."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from nimba.classifier import ClassifierSpec, load
from nimba.runtime.errors import InputError


@dataclass(frozen=True)
class TeacherSettings:
    """Which network teaches, and how much; Hinton et al., Distilling the Knowledge in a Neural Network (2015)."""

    path: str  # of a checkpoint or a .safetensors file, or a name of nimba.list_weights()
    weight: float = 0.5  # of the teacher's part of the loss, in [0, 1]; the labels have the rest
    temperature: float = 4.0  # that softens both networks' answers; above 0

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= 1:
            raise InputError(f"model.teacher.weight: must lie in [0, 1], got {self.weight}")
        if not self.temperature > 0:
            raise InputError(f"model.teacher.temperature: must be above 0, got {self.temperature}")


class Teacher:
    """A frozen classifier, which a run learns from and does not save.

    It is no module of the task: no checkpoint, optimizer or strategy gets hold of its weights. It is in evaluation
    mode, and sees the very clouds that the student sees, augmented and mixed as they are.

    Args:
        settings: see ``TeacherSettings``.

    Raises:
        InputError: for a missing or damaged file.
    """

    def __init__(self, settings: TeacherSettings):
        self.settings = settings
        self.network = load(settings.path).requires_grad_(False)

    def check(self, student: ClassifierSpec) -> None:
        """Refuse a teacher of other classes or of clouds in another frame.

        Raises:
            InputError: naming what differs.
        """
        spec = self.network.spec
        assert spec is not None
        for what, here, there in (
            ("classes", student.class_names, spec.class_names),
            ("normalisation", student.normalisation, spec.normalisation),
        ):
            if here != there:
                raise InputError(
                    f"model.teacher.path: {self.settings.path} was trained with other {what} than this run"
                )

    def join(self, loss: Tensor, logits: Tensor, points: Tensor) -> Tensor:
        """The loss of the labels, and of the teacher, weighted.

        Args:
            loss: (), of the labels.
            logits: (B, C), the student's.
            points: (B, N, 3), what they answer.
        """
        with torch.no_grad():
            answers = self.network.to(points.device)(points)  # (B, C)
        return loss.lerp(distillation_loss(logits, answers, self.settings.temperature), self.settings.weight)


def distillation_loss(logits: Tensor, answers: Tensor, temperature: float) -> Tensor:
    """Mean of T^2 KL(teacher || student), both softened by T; T^2 keeps the gradients' size whatever T is.

    Args:
        logits: (B, C), the student's.
        answers: (B, C), the teacher's logits.
        temperature: T.

    Returns:
        ()
    """
    soft, target = ((x.float() / temperature).log_softmax(1) for x in (logits, answers))  # (B, C) each
    return functional.kl_div(soft, target, reduction="batchmean", log_target=True) * temperature**2
