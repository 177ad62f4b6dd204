"""``save_pretrained``, ``from_pretrained`` and ``push_to_hub``, by huggingface_hub's own mixin.

A repository holds weights.safetensors, which says of itself what it is, config.json for the Hub, and README.md, the
card. Nothing in it is run: weights are safetensors, and the description is checked as that of any stranger's file.
"""

import json
from pathlib import Path
from typing import Any

from httpx import HTTPError
from huggingface_hub import ModelHubMixin, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from nimba.classifier import NimbaClassifier, load
from nimba.classifier.pretrained import WEIGHTS, save_weights
from nimba.hub.card import LICENSE, card_of
from nimba.runtime.errors import InputError, first_line


class HubClassifier(ModelHubMixin, library_name="nimba", repo_url="https://arxiv.org/abs/2411.00151"):
    """A classifier as the Hub's tools know one; ``model`` is NIMBA's own.

    Args:
        model: with its ``spec``.
        metrics: figures for the card, as ``metrics.json`` of a run has them.
        license: of the weights.
    """

    def __init__(self, model: NimbaClassifier, metrics: dict[str, Any] | None = None, license: str = LICENSE):
        if model.spec is None:
            raise InputError("model: has no class names; take one from nimba.load(), or set its spec")
        self.model, self.metrics, self.license = model, metrics, license
        self.name = model.spec.model

    def _save_pretrained(self, save_directory: Path) -> None:
        assert self.model.spec is not None
        save_weights(self.model, self.model.spec, save_directory / WEIGHTS)
        config = json.dumps({"library": "nimba", **self.model.spec.to_dict()}, indent=2) + "\n"
        (save_directory / "config.json").write_text(config, encoding="utf-8")

    def generate_model_card(self, *args: Any, **kwargs: Any) -> Any:
        """README.md, from the description and the figures."""
        assert self.model.spec is not None
        parameters = sum(parameter.numel() for parameter in self.model.parameters())
        return card_of(self.model.spec, parameters, self.name, self.metrics, self.license)

    @classmethod
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        revision: str | None,
        cache_dir: str | Path | None,
        force_download: bool,
        local_files_only: bool,
        token: str | bool | None,
        **kwargs: Any,
    ) -> "HubClassifier":
        if Path(model_id).is_dir():
            return cls(load(Path(model_id) / WEIGHTS))
        path = hf_hub_download(
            model_id,
            WEIGHTS,
            revision=revision,
            cache_dir=cache_dir,
            force_download=force_download,
            local_files_only=local_files_only,
            token=token,
            library_name="nimba",
        )
        return cls(load(path))


def save_pretrained(
    model: NimbaClassifier,
    folder: str | Path,
    *,
    name: str | None = None,
    metrics: dict[str, Any] | None = None,
    license: str = LICENSE,
) -> Path:
    """Write weights, config.json and a card into a folder, as a repository of the Hub has them.

        save_pretrained(run.load(), "pumps", metrics=run.metrics)

    Args:
        model: with its ``spec``.
        folder: is made where it is not there.
        name: of the repository, for the card; the folder's where not given.
        metrics: figures for the card.
        license: of the weights, by the Hub's names.

    Raises:
        InputError: a model without class names.
        OSError: if the folder cannot be written.
    """
    hub = HubClassifier(model, metrics, license)
    hub.name = name or Path(folder).resolve().name
    (Path(folder) / "README.md").unlink(missing_ok=True)
    hub.save_pretrained(folder)
    return Path(folder)


def from_pretrained(
    name_or_folder: str | Path,
    *,
    revision: str | None = None,
    token: str | bool | None = None,
    cache_dir: str | Path | None = None,
    local_files_only: bool = False,
) -> NimbaClassifier:
    """A classifier from the Hub, or from a folder that ``save_pretrained`` wrote.

        model = from_pretrained("somebody/pumps")

    Args:
        name_or_folder: "owner/repository", or the folder.
        revision: branch, tag or commit.
        token: of the Hub; None for the one that its own login has stored.
        cache_dir: where downloads are kept; the Hub's own cache where not given.
        local_files_only: take what was downloaded before.

    Raises:
        InputError: no such repository, none of NIMBA's, no network, or a damaged file.
    """
    try:
        return HubClassifier.from_pretrained(
            str(name_or_folder),
            revision=revision,
            token=token,
            cache_dir=cache_dir,
            local_files_only=local_files_only,
        ).model
    except (HfHubHTTPError, LocalEntryNotFoundError, HFValidationError, HTTPError) as error:
        raise InputError(f"{name_or_folder}: not to be had from the Hub ({first_line(error)[:200]})") from None


def push_to_hub(
    model: NimbaClassifier,
    name: str,
    *,
    metrics: dict[str, Any] | None = None,
    license: str = LICENSE,
    private: bool | None = None,
    token: str | bool | None = None,
    message: str = "A classifier of NIMBA",
) -> str:
    """Upload a classifier, with its card.

    Args:
        model: with its ``spec``.
        name: "owner/repository"; made where it is not there.
        metrics: figures for the card.
        license: of the weights, by the Hub's names.
        private: for a repository that is made.
        token: as for ``from_pretrained``.
        message: of the commit.

    Returns:
        where it is.

    Raises:
        InputError: a model without class names, or an upload that was refused.
    """
    hub = HubClassifier(model, metrics, license)
    hub.name = name
    try:
        return hub.push_to_hub(
            name, private=private, token=token if isinstance(token, str) else None, commit_message=message
        )
    except (HfHubHTTPError, HFValidationError, HTTPError) as error:
        raise InputError(f"{name}: the Hub refused it ({first_line(error)[:200]}); log in with hf auth login") from None
