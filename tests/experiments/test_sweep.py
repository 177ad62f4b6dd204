from pathlib import Path

import pytest
import yaml

from nimba.classifier import create_model
from nimba.experiments import read_sweep
from nimba.experiments.resolved import difference, resolve
from nimba.experiments.sweep import comparable, merge
from nimba.runtime.errors import InputError

SWEEPS = sorted((Path(__file__).parents[2] / "configs" / "sweeps").glob("*.yaml"))
BASE = {"model": {"model": "nimba_tiny", "model_settings": {"r": 0.5}}, "trainer": {"max_epochs": 1}}


@pytest.fixture
def write(tmp_path):
    """Write a sweep over BASE; its path."""
    (tmp_path / "base.yaml").write_text(yaml.safe_dump(BASE))

    def of(variants, **fields):
        sweep = {"title": "T", "question": "Q?", "config": "base.yaml", "seeds": [0, 1], "variants": variants}
        path = tmp_path / "sweep.yaml"
        path.write_text(yaml.safe_dump({**sweep, **fields}))
        return path

    return of


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_each_variant_of_each_sweep_makes_a_network(path):
    sweep = read_sweep(path)
    assert sweep.seeds == tuple(range(len(sweep.seeds)))
    for variant in sweep.variants:
        model = variant.config["model"]
        network = create_model(model["model"], **model["model_settings"])
        for key, value in variant.overrides.items():
            if key.startswith("model.model_settings."):
                wanted = tuple(value) if isinstance(value, list) else value
                assert getattr(network.settings, key.removeprefix("model.model_settings.")) == wanted
    assert sum(variant.is_base for variant in sweep.variants) == 1  # what the others are compared with
    if sweep.x:
        assert [float(variant.name) for variant in sweep.variants]


def test_no_two_variants_are_the_same_run():
    variants = [variant for path in SWEEPS for variant in read_sweep(path).variants if not variant.is_base]
    configs = [comparable(variant.config) for variant in variants]
    for place, config in enumerate(configs):
        assert config not in configs[:place], variants[place]


def test_a_variant_that_changes_nothing_is_the_base(write):
    sweep = read_sweep(write({"a": {}, "0.5": {"model.model_settings.r": 0.5}, "0.6": {"model.model_settings.r": 0.6}}))
    places = {variant.name: variant.place for variant in sweep.variants}
    assert places == {"a": ("base", "base"), "0.5": ("base", "base"), "0.6": ("sweep", "0.6")}
    (changed,) = (variant for variant in sweep.variants if variant.name == "0.6")
    assert changed.config["model"]["model_settings"] == {"r": 0.6}
    assert changed.config["trainer"] == BASE["trainer"]


@pytest.mark.parametrize(
    ("variants", "fields", "message"),
    [
        ({"a": {"model.model_settings.order": "hilbrt"}}, {}, "sweep.yaml: a: .*did you mean 'hilbert'"),
        ({"a/b": {}}, {}, "a/b: a variant's name"),
        ({"base": {}}, {}, "base: a variant's name"),
        ({"a": {"trainer.max_epochs.x": 1}}, {}, "max_epochs is no mapping"),
        ({"a": 3}, {}, "a: must be a mapping"),
        ({}, {}, "variants: must map"),
        ({"a": {}}, {"seeds": 3}, "seeds: must be a list"),
        ({"a": {}}, {"colour": 3}, "unknown or missing: colour"),
        ({"a": {}}, {"config": "other.yaml"}, "other.yaml: cannot be read"),
    ],
)
def test_bad_sweeps_are_refused_on_one_line(write, variants, fields, message):
    with pytest.raises(InputError, match=message) as refused:
        read_sweep(write(variants, **fields))
    assert "\n" not in str(refused.value)


def test_merging_leaves_the_base_alone():
    assert merge(BASE, {"model.optimizer.lr": 0.1})["model"]["optimizer"] == {"lr": 0.1}
    assert "optimizer" not in BASE["model"]


def test_resolved_configs_differ_in_what_is_learnt_alone(tmp_path):
    def resolved(**options):
        data = {"class_path": "nimba.datasets.ShapesDataModule", "init_args": options}
        return resolve({**BASE, "experiment": "e", "runs": str(tmp_path), "seed_everything": 0, "data": data})

    here = resolved()
    assert here["data"]["init_args"]["val_fraction"] == 0.0  # the defaults are told too
    assert difference(here, resolved(cache_dir=str(tmp_path), num_workers=2)) is None
    assert difference(here, resolved(num_points=99)) == "data.init_args.num_points is 1024 here, 99 there"
    mixed = {**here, "model": {**here["model"], "mixing": {"class_path": "nimba.training.mixing.RSMix"}}}
    assert difference(here, mixed) == "model.mixing.class_path is None here, nimba.training.mixing.RSMix there"
    older = {**here, "model": {key: value for key, value in here["model"].items() if key != "mixing"}}
    assert difference(mixed, older) is None  # of a version that knew no mixing
    with pytest.raises(InputError, match="num_pts"):
        resolved(num_pts=99)
