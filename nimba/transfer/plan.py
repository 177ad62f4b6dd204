"""What is chosen for a data set, in the order in which each choice needs the one before, and said line by line."""

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nimba.clouds.pose import Up
from nimba.datasets.folder import FolderDataModule
from nimba.datasets.layout import Layout
from nimba.records.folder import RunFolder
from nimba.runtime.errors import InputError
from nimba.runtime.notes import InputWarning
from nimba.transfer.choose_start import Candidate, rank_starts
from nimba.transfer.config import data_options, run_config
from nimba.transfer.facts import Facts, up_axis
from nimba.transfer.pace import epochs_in, seconds_per_cloud
from nimba.transfer.recipe import Recipe, choose_recipe, validation_share
from nimba.transfer.request import AUTO, NONE, Request

_PROBED_POINTS = 1024


def make_plan(request: Request, layout: Layout, folder: RunFolder) -> dict[str, Any]:
    """Look at the data, choose, and say what was chosen.

    Args:
        request: what was asked for.
        layout: the files.
        folder: the run's.

    Returns:
        all settings of the run, as ``train.py fit`` takes them.

    Raises:
        InputError: for data that cannot be trained on.
    """
    if len(layout.class_names) < 2:
        raise InputError(f"{layout.root}: has one class; training needs two or more to tell apart")
    counts = {split: len(paths) for split, paths in layout.files.items()}
    print(f"data      {layout.root}: {_listed(counts)}, {len(layout.class_names)} classes")
    up, how = up_axis(layout, request.up)
    print(f"up axis   {up} ({how})")
    data = _data(request, up, folder.path)
    train = data.load_split("train")
    assert train is not None
    brings_one = data.load_split("val") is not None
    share = validation_share(request, np.bincount(train.labels, minlength=data.num_classes), brings_one)
    data.val_fraction = share
    kept, cut = data.cut_validation(train)
    sizes = np.array([len(train[place]) for place in kept])
    counts_kept = np.bincount(train.labels[kept], minlength=data.num_classes)
    facts = Facts(data.class_names, counts_kept, int(np.median(sizes)))
    test = data.load_split("test")
    validation = "" if brings_one or not share else f", {len(cut)} for validation"
    cut_test = "" if "test" in layout.files else f" ({request.test_fraction:.0%} of each class, seed {data.split_seed})"
    print(f"split     {len(kept)} to train on{validation}, {0 if test is None else len(test)} to test on{cut_test}")
    if facts.counts.min() == 0:
        raise InputError(f"{layout.root}: nothing to train on of {data.class_names[int(facts.counts.argmin())]}")
    candidates: list[Candidate] = []
    start = request.start
    if start == AUTO:
        groups = [data.group_of(train.ids[place]) for place in kept]
        clouds = [train[place] for place in kept]
        candidates = rank_starts(clouds, train.labels[kept], groups, data.class_names, _PROBED_POINTS, request.seed)
        start = candidates[0].weights
    elif start != NONE:
        start = str(Path(start).resolve()) if Path(start).exists() else start
    recipe = choose_recipe(facts, request, start, share)
    print(f"start     {_of_start(recipe, candidates)}")
    pace = seconds_per_cloud(recipe, len(facts.class_names))
    if request.minutes is not None:
        recipe = replace(recipe, epochs=epochs_in(request.minutes, recipe.epochs, len(kept), pace))
    minutes = pace * len(kept) * recipe.epochs / 60
    weights = "" if recipe.class_weights is None else ", rare classes count more"
    print(
        f"recipe    {recipe.epochs} epochs in batches of {recipe.batch_size} clouds of {recipe.points} points, "
        f"rate {recipe.lr:g}, augmentation {recipe.augmentation}{weights}"
    )
    print(f"time      about {max(1, round(minutes))} min here, or less where it ends early", flush=True)
    return run_config(request, recipe, up, folder, bool(share) or brings_one)


def _data(request: Request, up: Up, output: Path) -> FolderDataModule:
    points = request.points or _PROBED_POINTS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)  # of what is passed by was told when the layout was opened
        return FolderDataModule(**data_options(request, up, output), num_points=points)


def _of_start(recipe: Recipe, candidates: list[Candidate]) -> str:
    if recipe.start is None:
        return f"from nothing: {recipe.model} with fresh weights"
    if not candidates:
        return f"{recipe.start} ({recipe.model}){', with its head' if recipe.rows else ''}"
    scores = ", ".join(f"{one.weights} {one.accuracy:.1%}" for one in candidates)
    if recipe.rows is not None:
        return f"{recipe.start} with its head, which knows these classes; right on train so far: {scores}"
    return f"{recipe.start}, by a linear look at train alone, cross-validated: {scores}"


def _listed(counts: dict[str, int]) -> str:
    if list(counts) == ["train"]:
        return f"{counts['train']} clouds"
    return ", ".join(f"{count} {split}" for split, count in counts.items())
