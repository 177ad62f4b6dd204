"""What is tested: a classifier by name or checkpoint, with the data that it is tested on."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nimba.classifier import ClassifierSpec, NimbaClassifier, load
from nimba.classifier.pretrained import read_checkpoint
from nimba.datasets import CloudDataModule
from nimba.evaluation.evaluate import check_data, data_of, describe_weights
from nimba.records.stored import stored_config


@dataclass(frozen=True)
class Subject:
    """A classifier and its data.

    Args:
        name: of the weights, or the checkpoint's path.
        network: in evaluation mode.
        spec: what the weights say of themselves.
        data: whose test split is used.
        described: which weights of a training these are.
        run: experiment and seed of the training, where they are known.
    """

    name: str
    network: NimbaClassifier
    spec: ClassifierSpec
    data: CloudDataModule
    described: str
    run: dict[str, Any] | None

    def digest(self) -> str:
        """A fingerprint of the weights, whatever file they came from."""
        digest = hashlib.sha256()
        for name, tensor in self.network.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.numpy().tobytes())
        return digest.hexdigest()[:16]


def open_subject(weights: str, root: Path | None = None) -> Subject:
    """Load a classifier, and open the data that it was trained on.

    Args:
        weights: as for ``nimba.classifier.load``.
        root: folder of the data; None for where the checkpoint says it lies. Weights that are no checkpoint do not know
            their data: it is ModelNet40, in ``root`` or its usual place.

    Raises:
        InputError: for weights that cannot be loaded, or data that are not there or not those of the training.
    """
    network = load(weights)
    spec = network.spec
    assert spec is not None
    path = Path(weights)
    checkpoint = read_checkpoint(path) if path.is_file() and path.suffix != ".safetensors" else None
    stored = checkpoint or {"config": {"data": _modelnet40(spec)}}
    data = data_of(stored, weights, [f"--data.root={root}"] if root else [])
    check_data(data, spec, weights)
    if checkpoint is None:
        return Subject(_place(weights), network, spec, data, "as shipped", None)
    config = stored_config(checkpoint, weights)
    run = {"experiment": config.get("experiment"), "seed": config.get("seed_everything")}
    return Subject(_place(weights), network, spec, data, describe_weights(checkpoint), run)


def _modelnet40(spec: ClassifierSpec) -> dict[str, Any]:
    options = {"num_points": spec.num_points, "normalisation": spec.normalisation}
    return {"class_path": "nimba.datasets.ModelNet40DataModule", "init_args": options}


def _place(weights: str) -> str:
    """The weights as a record names them: a path from here, or, from elsewhere, the file's name alone."""
    path = Path(weights)
    if not path.is_absolute():
        return weights
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else path.name
