"""A compiled network learns what the same network does uncompiled."""

import json

import pytest
import torch

from nimba.runtime.errors import InputError
from nimba.training import CompiledNetwork
from nimba.training.cli import train
from tests.training.tiny import NETWORK, arguments, config, read


@pytest.mark.parametrize(("depths", "compiled_too"), [([], []), ([1], ["training_outputs"])])
def test_compiling_changes_neither_the_losses_nor_the_checkpoint(depths, compiled_too, tmp_path, monkeypatch):
    names, compile_ = [], torch.compile
    monkeypatch.setattr(torch, "compile", lambda what, **how: (names.append(what.__name__), compile_(what, **how))[1])
    settings = config(tmp_path, max_epochs=2)
    settings["model"]["model_settings"] = {**NETWORK, "depth": 2, "auxiliary_depths": depths}
    train([*arguments(tmp_path, settings=settings), "--experiment=plain"])
    # Without inductor, which would have to run a C++ compiler: what is traced is the same.
    settings["trainer"]["callbacks"] = [
        {"class_path": "nimba.training.CompiledNetwork", "init_args": {"backend": "aot_eager"}}
    ]
    _, objects = train([*arguments(tmp_path, settings=settings), "--experiment=compiled"])
    assert objects["model"].model._compiled_call_impl is not None
    assert names == ["_call_impl", *compiled_too]
    assert "training_outputs" not in vars(objects["model"].model)  # what is compiled could not be copied
    losses = [
        [epoch["train/loss"] for epoch in json.loads((tmp_path / f"runs/{name}/0/record.json").read_text())["epochs"]]
        for name in ("plain", "compiled")
    ]
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    plain, compiled = (read(tmp_path / f"runs/{name}/0/last.ckpt")["state_dict"] for name in ("plain", "compiled"))
    assert list(plain) == list(compiled)


def test_an_unknown_mode_is_refused():
    with pytest.raises(InputError, match="CompiledNetwork of mode 'fast'"):
        CompiledNetwork("fast")  # type: ignore[arg-type]
