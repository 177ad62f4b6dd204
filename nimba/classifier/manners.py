"""What those who know timm's models expect of one: its widths, and another head."""

from torch import nn

from nimba.classifier.heads import AuxiliaryHead, pooled_width
from nimba.classifier.settings import ModelSettings
from nimba.classifier.spec import ClassifierSpec
from nimba.inference.familiarity import Familiarity
from nimba.runtime.errors import InputError


class Manners(nn.Module):
    """Names as in ``timm.models``, for a network whose ``head`` ends in its classifier."""

    settings: ModelSettings
    head: nn.Sequential
    auxiliary: nn.ModuleDict
    num_classes: int
    spec: ClassifierSpec | None
    familiarity: Familiarity | None

    @property
    def num_features(self) -> int:
        """Width of what ``forward_features`` gives for each token."""
        return self.settings.dim

    @property
    def head_hidden_size(self) -> int:
        """Width of what the classifier reads: that of ``forward_head(features, pre_logits=True)``."""
        s = self.settings
        return s.head_channels[-1] if s.head_channels else pooled_width(s.pooling, s.readout or s.dim)

    def get_classifier(self) -> nn.Module:
        """The last layer: a linear one, or none (``nn.Identity``) after ``reset_classifier(0)``."""
        return self.head[-1]

    def reset_classifier(self, num_classes: int) -> None:
        """Put a fresh last layer in the place of the old one, for other classes; all other weights stay.

            model = nimba.load()
            model.reset_classifier(5)

        What the network knew of its own classes (``spec``, ``familiarity``) no longer holds, and goes.

        Args:
            num_classes: width of the logits; 0 for no last layer, so that a cloud gives its ``head_hidden_size``
                features.

        Raises:
            InputError: for a number below 0.
        """
        if num_classes < 0:
            raise InputError(f"num_classes: must be at least 0, got {num_classes}")
        like = next(self.parameters())
        self.head[-1] = _last(self.head_hidden_size, num_classes).to(like.device, like.dtype)
        for head in self.auxiliary.values():
            assert isinstance(head, AuxiliaryHead)
            last = _last(pooled_width(head.pooling, self.num_features), num_classes)
            head.classify = last.to(like.device, like.dtype)
        self.num_classes = num_classes
        self.spec = self.familiarity = None


def _last(width: int, num_classes: int) -> nn.Module:
    return nn.Linear(width, num_classes) if num_classes else nn.Identity()
