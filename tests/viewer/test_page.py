import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from nimba.runtime.errors import InputError
from nimba.viewer import PathView
from nimba.viewer.page import MOST, write_page
from nimba.viewer.page_camera import AXES, frame_for

BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
HEADLESS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"),
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),  # WebGL on a CPU
    *("--enable-logging=stderr", "--virtual-time-budget=6000", "--window-size=640,420"),  # less time can run out midway
)
RNG = np.random.default_rng(0)
CLOUD = RNG.normal(size=(200, 3))
SORTED = CLOUD[CLOUD[:, 1].argsort()][::4]


def view(title="axis", r=1.0, path=SORTED, **arguments):
    return PathView(title, CLOUD, path, r, **arguments)


def written(tmp_path, *views):
    write_page(list(views), tmp_path / "a.html")
    assert [p.name for p in tmp_path.iterdir()] == ["a.html"]
    return (tmp_path / "a.html").read_text(encoding="utf-8")


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data.strip())


def test_titles_and_summaries_stand_over_the_panels(tmp_path):
    words = Elements(written(tmp_path, view(r=100.0), view("nimba", r=2.9))).words
    first, second = view(r=100.0), view(r=2.9)
    for text in ("axis", "nimba", first.summary, second.summary, "start", "end", "step ≥ r = 2.9"):
        assert text in words


def test_loads_nothing(tmp_path):
    tags = Elements(written(tmp_path, view())).tags
    assert not [t for t in tags if {"src", "href", "srcset"} & t[1].keys()]
    policy = next(a["content"] for tag, a in tags if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_what_a_file_name_says_is_shown_not_run(tmp_path):
    evil = "</script><script>alert(1)</script><b>&amp;"
    plain, page = (Elements(written(tmp_path, view(t, values=SORTED[:, 0], values_label=t))) for t in ("a", evil))
    assert page.tags == plain.tags
    assert page.words.count(evil) == 3  # in the window's title, over the panel, beside the colours


def test_a_cloud_that_views_share_is_in_the_page_once(tmp_path):
    one, two = len(written(tmp_path, view())), len(written(tmp_path, view(), view()))
    other = PathView("axis", CLOUD + 1, SORTED, 1.0)
    assert two - one < 2000 < len(written(tmp_path, view(), other)) - one


def test_refuses_more_paths_than_browsers_draw(tmp_path):
    for number in (0, MOST + 1):
        with pytest.raises(InputError, match=rf"1 to {MOST}.*got {number}"):
            write_page([view()] * number, tmp_path / "a.html")
    with pytest.raises(InputError, match="one colour scale"):
        write_page([view(), view(values=SORTED[:, 0])], tmp_path / "a.html")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("scale", [(1, 1, 1), (5, 1, 1), (1, 4, 0), (0, 0, 0)])
def test_the_camera_holds_all_points_and_is_filled_by_them(scale):
    points = RNG.normal(size=(300, 3)) * scale + [3, -2, 1]
    frame = frame_for(points)
    view = (frame.target - frame.eye) / np.linalg.norm(frame.target - frame.eye)
    right = np.cross(view, [0, 1, 0]) / np.linalg.norm(np.cross(view, [0, 1, 0]))
    depth = (points - frame.eye) @ view * np.tan(np.radians(22.5))
    across = np.abs((points - frame.eye) @ right / depth / frame.aspect).max()
    along = np.abs((points - frame.eye) @ np.cross(right, view) / depth).max()
    assert max(across, along) < 1
    assert max(across, along) > 0.85 or scale == (0, 0, 0)
    ranges = np.array(frame.ranges)
    assert (ranges[:, 0] < points.min(0)[list(AXES)]).all()
    assert (points.max(0)[list(AXES)] < ranges[:, 1]).all()
    lengths = np.diff(ranges, axis=1)[:, 0] / frame.ratio
    np.testing.assert_allclose(lengths, lengths[0])  # equal lengths look equal along all axes


needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome here to draw the page with")


# What a hand would do to a page of two paths, and what comes of it.
HAND = """<script>
function eyes() { return panels.map((panel) => panel._fullLayout.scene.camera.eye.x); }
function drawn() { return panels.map((panel) => panel.data[1].x.length + panel.data[2].x.length); }
const result = {};
const ready = setInterval(async () => {
  if (!document.body.dataset.drawn) return;
  clearInterval(ready);
  Object.assign(result, { eyes: eyes(), whole: drawn(), notes: panels[1].data[1].text });
  panels[0].dispatchEvent(new WheelEvent("wheel", { deltaY: -200, cancelable: true }));
  await new Promise((resolve) => setTimeout(resolve, 100));
  result.zoomed = eyes();
  panels[1].dispatchEvent(new PointerEvent("pointerdown"));
  await Plotly.relayout(panels[1], { "scene.camera": { ...seen, eye: { x: -1, y: 0.5, z: 0.5 } } });
  await new Promise((resolve) => setTimeout(resolve, 100));
  result.turned = eyes();
  slider.value = 0.5;
  slider.dispatchEvent(new Event("input"));
  await new Promise((resolve) => setTimeout(resolve, 100));
  Object.assign(result, { half: drawn(), kept: eyes() });
  panels[0].dispatchEvent(new MouseEvent("dblclick"));
  await new Promise((resolve) => setTimeout(resolve, 100));
  result.reset = eyes();
  slider.value = 1;
  await show(1);
  document.body.dataset.result = JSON.stringify(result);
}, 50);
</script>"""


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome here to draw the page with")
def test_in_a_browser_paths_are_drawn_turn_together_and_grow(tmp_path):
    marked = {"values": np.linspace(-1, 1, 50), "values_label": "a < b"}
    page = written(tmp_path, view(**marked), view(unit="point", **marked))
    (tmp_path / "a.html").write_text(page.replace("</body>", HAND + "</body>"), encoding="utf-8")
    options = [*HEADLESS, f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={tmp_path / 'a.png'}", "--dump-dom"]
    command = [BROWSER, *options, (tmp_path / "a.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    complaints = re.findall(r"CONSOLE.*?(\".*(?:Uncaught|Error|Refused|violates).*\")", done.stderr)
    assert not complaints
    result = json.loads(next(a["data-result"] for tag, a in Elements(done.stdout).tags if tag == "body"))
    before = result["eyes"][0]
    assert result["eyes"] == [before, before]
    assert result["zoomed"][0] == result["zoomed"][1]
    assert 0.5 * before < result["zoomed"][0] < 0.8 * before
    assert result["turned"] == result["kept"] == [-1, -1]
    assert result["reset"] == [before, before]
    assert all(0.2 < half / whole < 0.8 for half, whole in zip(result["half"], result["whole"], strict=True))
    step = view().statistics.steps[8]
    jump = ", a jump" if step >= 1 else ""
    note = f"<b>point 10</b> of 50<br>step to here {step:.3f}{jump}<br>a &lt; b {marked['values'][9]:.3f}"
    assert note in result["notes"]

    pixels = np.asarray(Image.open(tmp_path / "a.png").convert("RGB")).astype(float) / 255
    for half in np.split(pixels[:300], 2, axis=1):
        red, green, blue = half.transpose(2, 0, 1)
        assert ((red > green + 0.4) & (red > blue + 0.4)).sum() > 100  # jumps
        assert ((red > blue + 0.4) & (green > blue + 0.4)).sum() > 20  # yellow: the end
        assert ((blue > green + 0.15) & (red > green)).sum() > 20  # violet: the start
        assert (half == 1).all(-1).mean() > 0.5
