"""The explorer: what it answers is what `render` gives, and it answers nobody but its own page."""

import http.client
import json
import threading

import numpy as np
import pytest

import factorhub
from factorhub.explorer.answers import MOST_ROWS, answer, opened, start
from factorhub.explorer.server import MOST_ASKED, PAGES, Explorer


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets") / "set"
    factorhub.generate("shapes3d", folder, rows=200, splits={"train": 0.5, "test": 0.5})
    server = Explorer([opened("dsprites"), opened(str(folder)), opened("sentences")])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def request(server, method="POST", path="/ask", body=b"{}", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    sent = {"Host": f"127.0.0.1:{server.port}", "X-Token": server.token, **{k.replace("_", "-"): v for k, v in headers.items()}}
    connection.request(method, path, body, sent)
    found = connection.getresponse()
    data = found.read()
    connection.close()
    return found.status, data, dict(found.getheaders())


def ask(server, **question):
    status, data, _ = request(server, body=json.dumps(question).encode())
    assert status == 200
    length = int.from_bytes(data[:4], "little")
    head = json.loads(data[4 : 4 + length])
    arrays = {
        name: np.frombuffer(data, item["dtype"], int(np.prod(item["shape"])), 4 + length + item["offset"]).reshape(item["shape"])
        for name, item in head.pop("arrays").items()
    }
    return head, arrays


def test_the_picture_is_what_render_gives(served):
    made = factorhub.generator("dsprites")
    values = made.space.values(made.space.codes([123_456]))
    head, arrays = ask(served, ask="now", item=0, values=values[0].tolist())
    assert (arrays["pictures"] == made.pictures(made.render(values))).all()
    assert head["row"] == 123_456
    head, arrays = ask(served, ask="strip", item=0, values=values[0].tolist(), factor="scale", steps=6)
    assert arrays["pictures"].shape[0] == len(head["values"]) == 6


@pytest.mark.parametrize("name", factorhub.generators())
def test_every_generator_opens_and_is_drawn(name):
    shown = [opened(name)]
    data, _ = answer(shown, {"ask": "facts"})
    json.dumps(data)
    data, arrays = answer(shown, {"ask": "now", "values": start(shown[0].made).tolist()})
    assert arrays["pictures"].dtype == np.uint8
    data, arrays = answer(shown, {"ask": "density", "regime": "uniform"})
    assert len(data["marginals"]) == len(shown[0].made.space.factors)
    assert arrays["joint"].sum() == data["draws"]


def test_rows_of_a_set_are_found_and_shown(served):
    made = factorhub.open(served.shown[1].store.folder)
    head, arrays = ask(served, ask="rows", item=1, where="shape == sphere", start=2, count=5)
    expected = made.where("shape == sphere")
    assert head["count"] == len(expected)
    assert head["rows"] == expected[2:7].tolist()
    assert (arrays["pictures"] == made.read(expected[2:7])["image"]).all()
    assert (made.generator.render(np.array(head["values"]))["image"] == arrays["pictures"]).all()


def test_the_code_that_is_shown_draws_the_same_picture(served):
    made = factorhub.generator("shapes3d")
    values = start(made)
    head, _ = ask(served, ask="code", item=1, values=values.tolist())
    names = {}
    exec(head["python"], names)
    assert (names["batch"]["image"] == made.render(values)["image"]).all()
    assert 'generator = "shapes3d"' in head["recipe"]
    assert head["command"].startswith("factorhub preview shapes3d --where ")


def test_texts_are_told(served):
    head, _ = ask(served, ask="now", item=2, values=start(factorhub.generator("sentences")).tolist())
    assert "the " in head["text"].lower()


def test_pages_are_a_fixed_table_under_a_strict_policy(served):
    for path in PAGES:
        status, data, headers = request(served, "GET", path, None)
        assert status == 200
        assert data
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert b"http://" not in data.replace(b"http://www.w3.org/2000/svg", b"")
        assert b"https://" not in data
    for path in ("/../server.py", "/page/app.js", "/%2e%2e/server.py", "//etc/passwd", "/app.js/..", "/index.html"):
        assert request(served, "GET", path, None)[0] == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X_Token": ""}, 403),
        ({"X_Token": "wrong"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1:1"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Content_Length": str(MOST_ASKED + 1)}, 413),
    ],
)
def test_strangers_are_refused(served, headers, status):
    assert request(served, **headers)[0] == status


def test_pages_of_foreign_hosts_are_refused_too(served):
    assert request(served, "GET", "/", None, Host="evil.example")[0] == 403


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 30_000])
def test_what_is_no_question_is_refused(served, body):
    assert request(served, body=body)[0] == 400


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ({"ask": "files"}, "no question named 'files'"),
        ({"ask": "now", "item": 9}, "item is a whole number from 0 to 2; got 9"),
        ({"ask": "now", "values": [1]}, "values have 6 factors"),
        ({"ask": "now", "values": "x"}, "values are a list of 6 numbers"),
        ({"ask": "now", "values": [0, 0, 99, 0, 0, 0]}, "scale"),
        ({"ask": "rows", "item": 1, "where": "shap == x"}, "no factor named 'shap'"),
        ({"ask": "rows", "item": 1, "count": MOST_ROWS + 1}, "count is a whole number"),
        ({"ask": "rows", "item": 0}, "dsprites is a generator"),
        ({"ask": "density", "regime": "pears"}, "no regime named 'pears'"),
        ({"ask": "density", "regime": "os.system('x')"}, "os"),
        ({"ask": "strip", "values": [0, 0, 0.5, 0, 0, 0], "factor": "nothing"}, "no factor named 'nothing'"),
    ],
)
def test_mistakes_come_back_as_one_line(served, question, text):
    head, _ = ask(served, **{"item": 0, **question})
    assert text in head["error"]
    assert "\n" not in head["error"]


def test_an_idle_explorer_stops():
    server = Explorer([opened("dsprites")], idle=0.2)
    running = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.05), daemon=True)
    running.start()
    running.join(10)
    assert not running.is_alive()
    server.server_close()


def test_tokens_differ_and_stand_behind_the_hash():
    servers = [Explorer([opened("dsprites")]) for _ in range(2)]
    assert servers[0].token != servers[1].token
    assert servers[0].address.split("#")[1] == servers[0].token
    for server in servers:
        server.server_close()
