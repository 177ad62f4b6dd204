"""The figures at the top."""

from nimba.evaluation.against_labels import LabelledEvaluation
from nimba.evaluation.page.markup import said, share
from nimba.inference.words import counted


def headline(evaluation: LabelledEvaluation) -> str:
    """A tile for each figure."""
    metrics = evaluation.metrics()
    low, high = evaluation.interval
    clouds = metrics["clouds"]
    tiles = [
        ("OA", share(metrics["oa"]), f"of clouds right; 95&nbsp;% interval {share(low)} to {share(high)}", "first"),
        ("mAcc", share(metrics["macc"]), "mean of the classes' accuracies", ""),
        ("F1", share(metrics["f1"]), "mean over the classes", ""),
    ]
    if metrics["top5"] is not None:
        tiles.append(("top 5", share(metrics["top5"]), "the class is among the five most probable", ""))
    tiles += [
        ("ECE", f"{metrics['ece']:.3f}", "confidence and accuracy apart, on average; 0 is best", ""),
        ("log-loss", f"{metrics['log_loss']:.3f}", "nats; 0 is best", ""),
        ("clouds", f"{clouds:,}", f"in {evaluation.seconds:.1f}&nbsp;s, {_each(evaluation)} each", ""),
    ]
    if metrics["called_unknown"] is not None:
        tiles.append(("called unknown", share(metrics["called_unknown"]), "of clouds of known classes", ""))
    if strange := evaluation.strange:
        area = "" if strange["auroc"] is None else f", AUROC of the score {strange['auroc']:.3f}"
        about = f"of {counted(strange['clouds'], 'cloud')} of other classes{area}"
        tiles.append(("strangers found", share(strange["called_unknown"] / strange["clouds"]), about, ""))
    if metrics["errors"]:
        tiles.append(("not read", f"{metrics['errors']:,}", "files; listed at the end", "bad"))
    shown = "".join(
        f'<div class="{kind}"><dt>{said(name)}</dt><dd>{value}</dd><dd class="about">{about}</dd></div>'
        for name, value, about, kind in tiles
    )
    return f'<dl class="tiles">{shown}</dl>'


def _each(evaluation: LabelledEvaluation) -> str:
    return f"{1000 * evaluation.seconds / max(1, len(evaluation.ids)):.0f}&nbsp;ms"
