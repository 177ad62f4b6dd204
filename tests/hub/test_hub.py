"""Classifiers in the Hub's layout."""

import json
from dataclasses import asdict

import pytest
import torch

import nimba
from nimba.classifier import create_model
from nimba.classifier.spec import ClassifierSpec
from nimba.runtime.errors import InputError
from tests.training.tiny import NETWORK

hub = pytest.importorskip("nimba.hub")


@pytest.fixture
def model():
    torch.manual_seed(3)
    network = create_model("nimba_tiny", 3, **NETWORK).eval()
    network.spec = ClassifierSpec(
        "nimba_tiny", asdict(network.settings), ["car", "pole", "tree"], "unit_sphere", 64, "1"
    )
    return network


def test_what_is_saved_comes_back(model, tmp_path):
    folder = hub.save_pretrained(
        model, tmp_path / "poles", metrics={"oa": 0.91, "macc": 0.9, "ece": 0.02, "clouds": 70}
    )
    again = hub.from_pretrained(folder)
    assert again.spec.class_names == model.spec.class_names
    points = torch.rand(2, 64, 3)
    assert torch.allclose(again(points), model(points), atol=1e-2)  # half precision
    assert nimba.load(folder).spec == again.spec  # a folder of weights, as a run's is
    assert json.loads((folder / "config.json").read_text())["class_names"] == ["car", "pole", "tree"]


def test_the_card_has_figures_and_a_licence(model, tmp_path):
    from huggingface_hub import ModelCard

    hub.save_pretrained(model, tmp_path / "poles", metrics={"oa": 0.91, "clouds": 70}, license="cc-by-4.0")
    card = ModelCard.load(tmp_path / "poles" / "README.md")
    assert card.data.license == "cc-by-4.0"
    assert card.data.library_name == "nimba"
    assert card.data.eval_results[0].metric_value == 0.91
    assert "| OA | 91.00% |" in card.text
    assert "car, pole, tree" in card.text
    hub.save_pretrained(model, tmp_path / "poles", name="me/others")  # written anew, without figures
    card = ModelCard.load(tmp_path / "poles" / "README.md")
    assert card.data.eval_results is None
    assert 'from_pretrained("me/others")' in card.text


def test_a_model_that_does_not_know_its_classes_is_refused(model, tmp_path):
    model.spec = None
    with pytest.raises(InputError, match="has no class names"):
        hub.save_pretrained(model, tmp_path / "poles")
    assert not (tmp_path / "poles").exists()


@pytest.mark.parametrize("name", ["nobody/nothing", "a/b/c"])
def test_what_is_not_to_be_had_is_one_line(name, tmp_path):
    with pytest.raises(InputError, match="not to be had from the Hub") as refusal:
        hub.from_pretrained(name, cache_dir=tmp_path, local_files_only=True)
    assert "\n" not in str(refusal.value)


def test_a_stranger_s_folder_runs_nothing(tmp_path):
    (tmp_path / "weights.safetensors").write_bytes(b"\x80\x04K\x01.")  # a pickle
    with pytest.raises(InputError, match="not a readable safetensors file"):
        hub.from_pretrained(tmp_path)
