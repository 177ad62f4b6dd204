"""What a worker does: it reads the clouds of a part, classifies them, and writes the part."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from nimba.classifier import NimbaClassifier
from nimba.inference.network import Spec
from nimba.inference.table import frame_of
from nimba.inference.vote import Vote
from nimba.prediction.batches import ReadCloud, read_ready, rows
from nimba.prediction.on_ray.fetch import fetched
from nimba.prediction.on_ray.inputs import Source
from nimba.prediction.on_ray.plan import PARTS, Part
from nimba.prediction.settings import PredictionSettings
from nimba.prediction.shards import Row
from nimba.runtime.places import Place

UNREADABLE = b"nimba.unreadable"  # in a part's metadata: how many rows are errors


@dataclass(frozen=True)
class Job:
    """What all parts have in common."""

    source: Source
    output: Place
    settings: PredictionSettings


@dataclass(frozen=True)
class PartResult:
    """What became of a part.

    Args:
        written: whether it was; it is not where a cloud could not be read for a reason that may pass.
        reached: whether a single cloud of it could be fetched.
        example: a cloud that could not be read for now, and why.
    """

    written: bool
    reached: bool = True
    example: str | None = None


def read_clouds(job: Job, spec: Spec, files: Iterable[str]) -> Iterator[ReadCloud]:
    """Fetch, read and prepare clouds, in order."""
    for one in fetched(job.source, files):
        if one.path is None:
            yield ReadCloud(one.file, error=one.error, final=one.final)
        else:
            yield read_ready(one.file, one.path, spec, job.settings.up)


def predict_part(
    model: NimbaClassifier,
    vote: Vote | None,
    job: Job,
    part: Part,
    clouds: Sequence[ReadCloud] | None = None,
    last_try: bool = False,
) -> PartResult:
    """Write a part, with a row for each of its clouds.

    Args:
        model: as ``nimba.load`` returns it.
        vote: of the first clouds on their pose.
        job: see there.
        part: to write.
        clouds: those of the part where they were read already, each by itself; None to read them.
        last_try: write a row that says why of a cloud, also where the reason may pass.
    """
    decider = job.settings.decider(model)
    remaining = iter(clouds) if clouds is not None else read_clouds(job, decider.model.spec, part.files)
    found: list[Row] = []
    delayed: list[ReadCloud] = []
    reached = False
    while batch := list(islice(remaining, job.settings.batch_size)):
        delayed += (cloud for cloud in batch if not cloud.final)
        reached = reached or any(cloud.final for cloud in batch)
        found += rows(decider, vote, [replace(cloud, final=True) for cloud in batch], job.settings.top)
    example = f"{delayed[0].file}: {delayed[0].error}" if delayed else None
    if delayed and not (last_try and (reached or len(part.files) == 1)):
        return PartResult(False, reached, example)
    job.output.write(f"{PARTS}/{part.name}", table_of(found, job.settings.top))
    return PartResult(True, reached, example)


def table_of(found: Sequence[Row], top: int) -> bytes:
    """Rows as a Parquet file, with the columns of ``nimba.inference.table.header``."""
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_pandas(frame_of(found, top), preserve_index=False)
    unreadable = str(sum(row.get("error") is not None for row in found)).encode()
    buffer = io.BytesIO()
    parquet.write_table(
        table.replace_schema_metadata({**(table.schema.metadata or {}), UNREADABLE: unreadable}), buffer
    )
    return buffer.getvalue()
