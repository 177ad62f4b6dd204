"""``nimba train CONFIG``: what train.py does, with the options of ``nimba train``."""

from pathlib import Path

from nimba.classifier import load
from nimba.classifier.pretrained import WEIGHTS, save_weights
from nimba.evaluation.storing import METRICS
from nimba.records.folder import RunFolder
from nimba.runtime.errors import InputError
from nimba.runtime.files import write_json
from nimba.runtime.yaml_files import read_yaml
from nimba.training.cli import train as train_by_arguments
from nimba.transfer.request import Request
from nimba.transfer.run import HOW_TO_RESUME, Run

# Of the options of ``nimba train``, those that a config has too.
_SETTINGS = {
    "epochs": "trainer.max_epochs",
    "points": "data.init_args.num_points",
    "batch_size": "data.init_args.batch_size",
    "lr": "model.optimizer.lr",
    "workers": "data.init_args.num_workers",
    "seed": "seed_everything",
}


def train_config(config: Path, request: Request, output: Path | None, overwrite: bool) -> Run:
    """Train as a config says.

    Args:
        config: the YAML file.
        request: what was asked for besides.
        output: the run's folder; None for runs/EXPERIMENT/SEED.
        overwrite: discard another run that lies there.

    Raises:
        InputError: options that a config has no room for, or as train.py does.
    """
    options = {name: value for name, value in request.given.items() if name != "settings"}
    foreign = sorted(set(options) - set(_SETTINGS))
    if foreign:
        raise InputError(
            f"{foreign[0]}: is for data of your own; {config} says such things itself (--trainer.max_epochs 3 sets one)"
        )
    words = [f"--{_SETTINGS[name]}={value}" for name, value in options.items()]
    if output is not None:
        words.append(f"--output={output}")
    content = read_yaml(config)
    if not isinstance(content, dict):
        raise InputError(f"{config}: holds no settings; see configs/ for examples")
    seed = int(options.get("seed") or content.get("seed_everything") or 0)
    folder = RunFolder(content.get("runs", "runs"), str(content.get("experiment", "run")), seed, output)
    resumes = folder.checkpoint.is_file() and not folder.finished and not overwrite
    start = ["--overwrite"] if overwrite else ["--resume"] if resumes else []
    arguments = ["fit", "--config", str(config), *words, *request.words, *start]
    metrics, objects = train_by_arguments(arguments, how_to_resume=HOW_TO_RESUME)
    folder = objects["folder"]
    if folder.checkpoint.is_file():
        model = load(folder.checkpoint)
        assert model.spec is not None
        save_weights(model, model.spec, folder.path / WEIGHTS)
        figures = {"oa": metrics.get("test/OA"), "macc": metrics.get("test/mAcc"), "weights": "last epoch"}
        write_json(folder.path / METRICS, figures)
    return Run(folder.path)
