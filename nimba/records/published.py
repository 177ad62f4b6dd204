"""A finished run's record, as it is published."""

from typing import Any


def strip_for_publication(record: dict[str, Any]) -> dict[str, Any]:
    """A finished run's record as it is kept among the results: without a path of the machine, and what says nothing."""
    config = {key: value for key, value in record["config"].items() if key != "runs"}
    trainer = {key: value for key, value in config["trainer"].items() if value is not None}
    return {**record, "config": {**config, "trainer": trainer}}
