"""The page in a browser, where one is installed: it draws, says no error, and keeps its state in the address."""

import shutil
import subprocess
import threading

import pytest

from factorhub.explorer.answers import opened
from factorhub.explorer.server import Explorer

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--virtual-time-budget=5000", "--dump-dom",
)  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")


@pytest.fixture(scope="module")
def served():
    server = Explorer([opened("shapes3d"), opened("sentences")])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def dom(server, folder, query, token=None):
    address = f"http://127.0.0.1:{server.port}/{query}#{server.token if token is None else token}"
    return subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={folder}", address], capture_output=True, text=True, timeout=60, check=True
    ).stdout


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?item=0&view=now", "row "),
        ("?item=0&view=traverse", "wall_hue"),
        ("?item=0&view=density&regime=uniform", "20,000 draws"),
        ("?item=0&view=code", "factorhub.generator('shapes3d')"),
        ("?item=1&view=now", "the "),
        ("?item=0&view=rows", "This is a generator"),
    ],
)
def test_every_view_is_drawn_without_an_error(served, tmp_path, query, shown):
    page = dom(served, tmp_path / "profile", query)
    assert shown in page
    assert '<p id="error" role="alert"></p>' in page
    assert "floor_hue" in page or "polarity" in page


def test_a_state_in_the_address_is_shown_again(served, tmp_path):
    values = "0.1,0.2,0.3,1.25,2,30"
    page = dom(served, tmp_path / "profile", f"?item=0&view=code&v={values}")
    assert "floor_hue=0.1" in page
    assert "shape='sphere'" in page


def test_without_its_token_the_page_says_why(served, tmp_path):
    assert "this needs the token that the explorer printed" in dom(served, tmp_path / "profile", "", token="wrong")
