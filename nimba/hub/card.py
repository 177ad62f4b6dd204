"""The card of a classifier on the Hub, as far as its own description tells."""

from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from nimba.classifier.spec import ClassifierSpec

LICENSE = "apache-2.0"
TEMPLATE = """---
{{ card_data }}
---

# {{ name }}

A point-cloud classifier of [NIMBA](https://arxiv.org/abs/2411.00151): {{ model }}, {{ parameters }} parameters.

| | |
|---|---|
{% for what, value in rows %}| {{ what }} | {{ value }} |
{% endfor %}
**Classes**: {{ classes }}.

```python
from nimba.hub import from_pretrained

model = from_pretrained("{{ repo_id }}")
print(model.classify("chair.ply").label)
```
"""


def card_of(
    spec: ClassifierSpec, parameters: int, name: str, metrics: dict[str, Any] | None, license: str
) -> ModelCard:
    """The card.

    Args:
        spec: of the classifier.
        parameters: how many.
        name: of the repository.
        metrics: figures as ``metrics.json`` of a run has them; None where there are none.
        license: of the weights, by the Hub's names: they are yours, and so may be their licence.
    """
    known = {key: (metrics or {}).get(key) for key in ("oa", "macc", "ece", "clouds")}
    results = [
        EvalResult(
            task_type="other",
            task_name="point cloud classification",
            dataset_type="own",
            dataset_name="held-out test split",
            metric_type="accuracy",
            metric_name="overall accuracy",
            metric_value=known["oa"],
        )
    ]
    data = ModelCardData(
        library_name="nimba",
        license=license,
        tags=["point-cloud", "3d", "mamba", "state-space-model", "point-cloud-classification"],
        model_name=name.rpartition("/")[2],
        eval_results=results if known["oa"] is not None else None,
    )
    rows = [
        ("input", f"{spec.num_points} points, any number is taken; normalised by {spec.normalisation}, y up"),
        *(
            (what, f"{known[key]:.2%}")
            for key, what in (("oa", "OA"), ("macc", "mAcc"), ("ece", "ECE"))
            if known[key] is not None
        ),
        *([("of", f"{known['clouds']} test clouds")] if known["clouds"] else []),
        ("probabilities", "calibrated" if spec.calibration is not None else "not calibrated"),
        ("made with", f"nimba {spec.version}"),
    ]
    return ModelCard.from_template(
        data,
        template_str=TEMPLATE,
        name=name.rpartition("/")[2],
        repo_id=name,
        model=spec.model,
        parameters=f"{parameters:,}",
        rows=rows,
        classes=", ".join(spec.class_names),
    )
