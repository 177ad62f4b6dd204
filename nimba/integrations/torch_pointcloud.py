"""NIMBA's networks in torch-pointcloud's factory; importing this module registers them.

    import torch_pointcloud
    import nimba.integrations.torch_pointcloud

    model = torch_pointcloud.create_model("nimba_base", num_classes=15)
    model = torch_pointcloud.create_model("nimba-scales-modelnet40")  # trained
    logits = model(None, data.pos, data.batch)

Every name of ``nimba.list_models()`` is there with fresh weights, and takes the fields of ``ModelSettings``; every name
of ``nimba.list_models(pretrained=True)`` comes with its weights, and the transform that brings clouds to its scale.
"""

from typing import Any

from torch import Tensor, nn

from nimba.classifier import NimbaClassifier, create_model, list_models, load
from nimba.classifier.pretrained import read_spec
from nimba.classifier.shipped import weights_file
from nimba.runtime.errors import InputError
from nimba.runtime.optional import torch_pointcloud

_found = torch_pointcloud()
if not _found.available:
    raise InputError(f"torch-pointcloud: {_found.detail}; pip install 'nimba[torch-pointcloud]'")

from torch_pointcloud.models import ClassificationModel, register_model  # noqa: E402 - once it is known to be there
from torch_pointcloud.transforms import Compose, Rescale  # noqa: E402

_RESCALE = {"unit_sphere": "centroid", "cube": "bbox"}  # our names of a scale, and theirs


class NimbaClassification(ClassificationModel):
    """A NIMBA network that reads points as torch-pointcloud's models do: packed, with the cloud that each belongs to.

    Args:
        network: any ``NimbaClassifier``, such as ``nimba.load("mine.safetensors")``.

    Shapes:
        x None, pos (sum of N, 3), batch (sum of N,) -> logits (B, num_classes), those of each cloud alone
    """

    def __init__(self, network: NimbaClassifier):
        super().__init__(in_channels=0, num_classes=network.num_classes)
        self.network = network

    @property
    def num_features(self) -> int:
        """Width of what the last layer reads; of the output where there is none."""
        return self.network.head_hidden_size

    def configure_head(self) -> nn.Module:
        """The last layer, as ``reset_classifier`` makes it; the hidden ones before it belong to the network."""
        return self.network.get_classifier()

    def reset_classifier(self, num_classes: int) -> None:
        """Put a fresh last layer in the place of the old one; 0 for none."""
        self.network.reset_classifier(num_classes)
        self.num_classes = num_classes

    def forward(self, x: Tensor | None, pos: Tensor, batch: Tensor) -> Tensor:
        """Classify packed clouds -> logits (B, num_classes)."""
        return self.forward_head(self.forward_features(x, pos, batch))

    def forward_features(self, x: Tensor | None, pos: Tensor, batch: Tensor) -> Tensor:
        """Read the paths of packed clouds -> (B, L, dim).

        Raises:
            InputError: for features beside the coordinates, a cloud without points, or as ``NimbaClassifier.forward``.
        """
        if x is not None and x.shape[-1]:
            raise InputError(f"x: NIMBA reads coordinates alone, got {x.shape[-1]} features a point; give None")
        return self.network.forward_features(self.network.tokenize_ragged(pos, batch))

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """Pool paths (B, L, dim) -> (B, num_classes), or (B, num_features) ``pre_logits``."""
        return self.network.forward_head(x, pre_logits)


def _register(name: str, trained: bool) -> None:
    def build(in_channels: int = 0, num_classes: int | None = None, **settings: Any) -> NimbaClassification:
        if in_channels:
            raise InputError(f"in_channels: NIMBA reads coordinates alone, got {in_channels}; give 0")
        if not trained:
            classes = 40 if num_classes is None else num_classes
            model = NimbaClassification(create_model(name, max(classes, 1), **settings))
            if classes == 0:
                model.reset_classifier(0)
            return model
        if settings:
            raise InputError(f"{next(iter(settings))}: the settings of trained weights ({name}) are theirs")
        model = NimbaClassification(load(name))
        if num_classes is not None and num_classes != model.num_classes:
            model.reset_classifier(num_classes)
        return model

    build.__name__ = build.__qualname__ = name.replace("-", "_")
    build.__doc__ = f"{name} of NIMBA{', with its weights' if trained else ''}."
    classes, transform = 40, None
    if trained:
        spec = read_spec(weights_file(name))
        classes = len(spec.class_names)
        method = _RESCALE.get(spec.normalisation)
        transform = Compose([Rescale(keys="pos", method=method)]) if method else None
    hparams = {"in_channels": 0, "num_classes": classes}
    register_model(name, task="classification", hparams=hparams, transform=transform)(build)


for _name in list_models():
    _register(_name, trained=False)
for _name in list_models(pretrained=True):
    _register(_name, trained=True)
