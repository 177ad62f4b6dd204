"""The rival of ``nimba predict --engine ray``: the same parts by Ray Data, with a pool of actors that hold the model.

``python benchmarks/predict_ray_data.py CLOUDS -o OUTPUT``, of a benchmark: what is killed is Ray Data's own affair.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import nimba
from nimba.prediction.on_ray.inputs import find_inputs
from nimba.prediction.on_ray.part import Job, predict_part
from nimba.prediction.on_ray.plan import Part, plan
from nimba.prediction.on_ray.tasks import one_core
from nimba.prediction.settings import PredictionSettings
from nimba.runtime.cluster import ray_cluster
from nimba.runtime.places import place

PART, WORKERS = 100, 2


class Worker:
    """An actor: it holds the model, and writes the parts that it is handed."""

    def __init__(self, job: Job):
        one_core()
        self.model, self.job = nimba.load(), job

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, Any]:
        """Write one part: its number, and its files."""
        part = Part(int(batch["number"][0]), tuple(batch["files"][0]))
        return {"written": [predict_part(self.model, None, self.job, part).written]}


def main() -> None:
    """Predict all parts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("clouds")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--up")
    parser.add_argument("--turns", type=int)
    arguments = parser.parse_args()
    output = place(str(arguments.output))
    inputs = find_inputs(arguments.clouds, output)
    job = Job(inputs.source, output, PredictionSettings(arguments.up, turns=arguments.turns))
    items = [{"number": part.number, "files": list(part.files)} for part in plan(output, inputs.names, PART)]
    with ray_cluster(cores=WORKERS) as ray:
        ray.data.DataContext.get_current().enable_progress_bars = False
        parts = ray.data.from_items(items, override_num_blocks=len(items))
        done = parts.map_batches(Worker, fn_constructor_args=(job,), batch_size=1, concurrency=WORKERS, num_cpus=1)
        assert all(row["written"] for row in done.iter_rows())


if __name__ == "__main__":
    main()
