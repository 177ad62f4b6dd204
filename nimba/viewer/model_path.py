"""The path that a trained model takes through a cloud, coloured by what it makes of it."""

from dataclasses import asdict

import numpy as np
import torch
from scipy.spatial import KDTree

from nimba.classifier import NimbaClassifier
from nimba.clouds import normalise, resample
from nimba.serialization.settings import OrderSettings
from nimba.viewer.paths import UNITS, path_title
from nimba.viewer.views import PathView

LABELS = {"contribution": "contribution to the logit of {}", "memory": "mean lookback of the scan, in tokens"}


def model_view(model: NimbaClassifier, points: np.ndarray, *, color: str = "place", unit: str = "centres") -> PathView:
    """The model's own path, its top class and that one's probability in the title.

    Args:
        model: as ``nimba.load`` returns it.
        points: (N, 3) float32, y up; scaled and resampled as the model's description says.
        color: "place" along the path; "contribution" of each token to the class; or "memory", how far back the scan
            looks from each token.
        unit: "centres" or "patches".
    """
    from nimba.explain import scan_memory, token_contributions

    assert model.spec is not None
    cloud = normalise(resample(points, model.spec.num_points), model.spec.normalisation)  # (N, 3)
    batch = torch.from_numpy(cloud)[None]  # (1, N, 3)
    with torch.inference_mode():
        tokens = model.tokenize(batch)
        probabilities = model(batch)[0].softmax(0)  # (classes,)
    values = None
    if color == "contribution":
        values = token_contributions(model, batch).values[0].detach().numpy()  # (G,)
    elif color == "memory":
        values = scan_memory(model, batch)[0].detach().numpy()  # (G,)
    best = int(probabilities.argmax())
    known = {key: getattr(model.settings, key) for key in asdict(OrderSettings())}
    order = path_title(model.settings.order, OrderSettings(**known))
    name = model.spec.class_names[best].replace("_", " ")
    title = f"{name} {float(probabilities[best]):.1%}: {order}"
    centres, patches = tokens.centres[0].numpy(), None  # (G, 3)
    if unit == "patches":
        near = (tokens.patches[0] + tokens.centres[0, :, None]).numpy()  # (G, K, 3), a rounding away from the points
        patches = cloud[KDTree(cloud).query(near)[1]]  # (G, K, 3)
    label = LABELS.get(color, "").format(name)
    signed = color == "contribution"
    return PathView(title, cloud, centres, model.settings.r, patches, values, label, signed, UNITS[unit])
