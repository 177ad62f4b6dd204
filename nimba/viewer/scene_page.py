"""A page about a scene: its picture, and a row for each thing. One HTML file that needs no network and no script."""

import base64
import html
from collections.abc import Sequence

from matplotlib.colors import to_hex

from nimba.scenes import Scene
from nimba.viewer.scene_picture import scene_png, thing_colours

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
STYLE = """
:root { --ink: #14161a; --muted: #50555e; --rule: #e4e7ec; }
body { margin: 0 auto; max-width: 75rem; padding: 1.25rem; color: var(--ink); background: white;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { margin: 0; font-size: 1.3rem; overflow-wrap: anywhere; }
p { margin: 0.25rem 0; color: var(--muted); }
img { display: block; width: 100%; height: auto; margin: 0.75rem 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 0.35rem 0.6rem; text-align: right; border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child, th:nth-child(4), td:nth-child(4) { text-align: left; }
th { color: var(--muted); font-weight: 500; }
i { display: inline-block; width: 0.85rem; height: 0.85rem; border-radius: 50%; margin-right: 0.6rem; }
""".strip()


def scene_page(scene: Scene, names: Sequence[str], title: str = "Scene") -> str:
    """The whole HTML.

    Args:
        scene: as ``split_scene`` returns it.
        names: what each object is, as it shall be read: "chair 87 %".
        title: of the page, such as the file's name.

    Raises:
        InputError: not one name for each object.
    """
    picture = base64.b64encode(scene_png(scene, names)).decode()
    rows = "\n".join(
        _row(scene, number, name, to_hex(colour))
        for number, (name, colour) in enumerate(zip(names, thing_colours(len(names)), strict=True))
    )
    planes = ", ".join(f"{plane.kind} ({len(plane.indices):,} points)" for plane in scene.planes) or "none"
    rest = int((scene.labels < 0).sum())
    facts = [
        f"{len(scene.points):,} points, {len(scene.objects)} things, {rest:,} points of nothing; up is {scene.axis}",
        f"Planes: {planes}",
        *scene.notes,
        f"Lengths, in the file's unit: {scene.settings.described()}",
    ]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>
{STYLE}
</style>
</head>
<body>
<h1>{html.escape(title)}</h1>
{"".join(f"<p>{html.escape(fact)}</p>" for fact in facts)}
<img alt="The scene, with a box and a name on each thing" src="data:image/png;base64,{picture}">
<table>
<tr><th>thing</th><th>points</th><th>width × height × depth</th><th>stands on</th></tr>
{rows}
</table>
</body>
</html>
"""


def _row(scene: Scene, number: int, name: str, colour: str) -> str:
    thing = scene.objects[number]
    sides = " × ".join(f"{side:.3g}" for side in thing.upright_box.sides)
    stands = "-"
    if thing.upon is not None:
        stands = f"thing [{thing.upon}]"
    elif thing.on is not None:
        stands = scene.planes[thing.on].kind
    mark = f'<i style="background: {colour}"></i>[{number}] {html.escape(name)}'
    return f"<tr><td>{mark}</td><td>{len(thing.indices):,}</td><td>{sides}</td><td>{stands}</td></tr>"
