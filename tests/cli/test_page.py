"""The report page: well-formed, complete, closed to the network, and alive in a browser where there is one."""

import base64
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from tests import drawn
from tests.cli.test_score import grey, images
from vmatte.cli.main import main

FRAMES, JUMP = 36, 20
NAME = "a<b>&amp;\"c'.mkv"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VOID = {"meta", "img", "input", "br"}


class Page(HTMLParser):
    """Elements and their attributes; refuses tags that are not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text = text
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def of(self, tag, kind=""):
        return [found for name, found in self.elements if name == tag and kind in (found.get("class") or "").split(" ")]

    @property
    def data(self):
        return json.loads(self.text.split('id="data">', 1)[1].split("</script>", 1)[0])


def mattes(shift=0):
    codes = [np.rint(255 * drawn.disc(index)).astype(np.uint8) for index in range(FRAMES)]
    codes[JUMP] = np.roll(codes[JUMP], shift, axis=1)
    return codes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    images(folder / "source", [drawn.picture(index)[..., ::-1] for index in range(FRAMES)])
    grey(folder / "truth.mkv", mattes())
    grey(folder / NAME, mattes(6))
    return folder


@pytest.fixture(scope="module")
def page(folder):
    inputs = ("--truth", folder / "truth.mkv", "--source", folder / "source", "--max-lag", 1, "--band-radius", 2)
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in ("score", "-q", folder / NAME, *inputs, "--html", folder / "page.html")])
    assert ended.value.code == 0
    return Page((folder / "page.html").read_text(encoding="utf-8"))


def test_everything_is_there(page):
    assert {found["data-metric"] for found in page.of("figure", "chart")} >= {"MAD", "dtSSD", "TRF", "WE", "PCE"}
    assert len(page.of("svg")) == len(page.of("figure", "chart"))
    (shot,) = page.data
    assert JUMP in shot["places"]
    assert len(shot["places"]) == len(shot["pictures"]) < FRAMES
    jump = shot["pictures"][shot["places"].index(JUMP)]
    assert set(jump["mattes"][0]) == {"alpha", "cutout", "flicker", "error"}
    for address in (jump["source"], *jump["mattes"][0].values()):
        assert address.startswith("data:image/webp;base64,")
    worst = page.text.split('<article class="moment">', 1)[1].split("</article>", 1)[0]
    assert f"frames {JUMP - 1} to {JUMP + 1}" in worst
    assert f"show frame {JUMP}<" in worst


def test_it_is_closed_and_names_are_escaped(page):
    assert NAME not in page.text.replace(json.dumps(NAME), "")
    assert "a&lt;b&gt;&amp;amp;&quot;c&#x27;.mkv" in page.text
    for _, attributes in page.elements:
        for name in ("src", "href", "xlink:href", "action", "srcset"):
            assert (attributes.get(name) or "#").startswith(("#", "data:"))
    assert not re.search(r"@import|url\((?!#)", page.text)
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert len(set(ids)) == len(ids)


def test_the_flicker_is_hot_where_the_matte_jumps(page):
    (shot,) = page.data

    def heat(place):
        address = shot["pictures"][shot["places"].index(place)]["mattes"][0]["flicker"]
        data = np.frombuffer(base64.b64decode(address.split(",")[1]), np.uint8)
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert picture is not None
        return float(picture[..., 2].mean())

    calm = next(place for place in shot["places"] if 2 < place < JUMP - 4)
    assert heat(JUMP) > 1.5 * heat(calm)


def test_several_mattes_and_several_clips(vmatte, folder, tmp_path):
    inputs = ("--truth", folder / "truth.mkv", "--html", "page.html")
    assert vmatte("compare", folder / NAME, folder / "truth.mkv", *inputs).code == 0
    (shot,) = Page((tmp_path / "page.html").read_text(encoding="utf-8")).data
    assert shot["mattes"] == [NAME, "truth.mkv"]
    for clip in ("one", "two"):
        for kind in ("pred", "true"):
            images(tmp_path / kind / clip, mattes(4 if kind == "pred" else 0)[18:23])
    assert vmatte("score", "pred", "--truth", "true", "--html", "page.html").code == 0
    both = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert len(both.data) == len(both.of("section", "shot")) == 2
    assert vmatte("score", "pred", "--truth", "true", "--html", "no/page.html").code == 6


def test_it_runs_in_a_browser(page, folder, tmp_path):
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("no Chromium here")
    command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--log-level=0"]
    command += ["--virtual-time-budget=3000", "--dump-dom", (folder / "page.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not console
    living = Page(done.stdout)
    assert dict(living.elements)["html"]["data-ready"] == "true"
    assert all(found["src"].startswith("data:") for found in living.of("img") if "missing" not in found["class"])
    assert not any("hidden" in found for found in living.of("i", "cursor"))
    assert "<b>MAD</b>" in living.text
