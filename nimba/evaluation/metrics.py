"""The two accuracies of the field: OA over samples, mAcc over classes."""

from torchmetrics import MetricCollection
from torchmetrics.classification import MulticlassAccuracy, MulticlassRecall


def accuracy_metrics(num_classes: int, prefix: str = "") -> MetricCollection:
    """OA (share of clouds classified right) and mAcc (mean of the classes' shares), synchronised over processes.

    Shapes:
        update(logits (B, num_classes), labels (B,))
    """
    return MetricCollection(
        {
            "OA": MulticlassAccuracy(num_classes, average="micro", validate_args=False),
            "mAcc": MulticlassRecall(num_classes, average="macro", validate_args=False),
        },
        prefix=prefix,
    )
