import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from nimba.errors import InputError
from nimba.viewer import PathView
from nimba.viewer.page import MOST, write_page
from nimba.viewer.page_camera import frame_for

BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
HEADLESS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"),
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),  # WebGL on a CPU
    *("--enable-logging=stderr", "--virtual-time-budget=8000", "--window-size=800,500"),
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
    assert (ranges[:, 0] < points.min(0)).all()
    assert (points.max(0) < ranges[:, 1]).all()
    lengths = np.diff(ranges, axis=1)[:, 0] / frame.ratio
    np.testing.assert_allclose(lengths, lengths[0])  # equal lengths look equal along all axes


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome here to draw the page with")
def test_a_browser_draws_it_without_a_complaint(tmp_path):
    written(tmp_path, view(), view("nimba"))
    assert BROWSER is not None
    shot = tmp_path / "a.png"
    command = [BROWSER, *HEADLESS, f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={shot}"]
    done = subprocess.run([*command, (tmp_path / "a.html").as_uri()], capture_output=True, text=True, timeout=60)
    complaints = re.findall(r"CONSOLE.*?\"(.*(?:Uncaught|Error|Refused|violates).*)\"", done.stderr)
    assert not complaints
    pixels = np.asarray(Image.open(shot).convert("RGB")).astype(float) / 255
    for half in np.split(pixels[:400], 2, axis=1):
        red, green, blue = half.transpose(2, 0, 1)
        assert ((red > green + 0.4) & (red > blue + 0.4)).sum() > 100  # jumps
        assert ((red > blue + 0.4) & (green > blue + 0.4)).sum() > 50  # yellow: the end
        assert ((blue > green + 0.15) & (red > green)).sum() > 50  # violet: the start
        assert (half == 1).all(-1).mean() > 0.5
