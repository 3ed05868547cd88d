"""Fetching over a line and from a server that misbehave."""

from __future__ import annotations

import json
import traceback
from http.server import BaseHTTPRequestHandler

import pytest

from tests.weights.checkpoints import MIT, NET, OTHER, PARTIAL, STORED, archive, left, published, safetensors, sha256
from tests.weights.server import Server, redirect, serve, status
from vmatte.core.errors import ConfigError, WeightsError
from vmatte.weights.fetch import fetch
from vmatte.weights.published import Weights
from vmatte.weights.store import find
from vmatte.weights.telling import Teller


def test_it_is_fetched_once_and_recorded(server, home):
    server.script(serve(NET))
    bytes_here: list[tuple[int, int | None]] = []
    kept = fetch("net", published(server, size=len(NET)), teller=Teller(progress=lambda *now: bytes_here.append(now)))
    assert kept.path.read_bytes() == NET
    assert kept.path == home / "weights/net/net.safetensors"
    assert left(home) == STORED
    record = json.loads((home / "weights/net/record.json").read_text())
    assert record["sha256"] == sha256(NET)
    assert record["trust"] == "published hash"
    assert (record["size"], record["licence"]) == (len(NET), MIT)
    assert bytes_here[0] == (0, len(NET))
    assert bytes_here[-1] == (len(NET), len(NET))
    assert fetch("net", published(server)) == kept
    assert len(server.asked) == 1


@pytest.mark.parametrize("known", [NET, None], ids=["published hash", "no hash"])
def test_a_cut_connection_is_resumed(server, known, waits):
    server.script(serve(NET, cut=200_000), serve(NET))
    assert fetch("net", published(server, known)).path.read_bytes() == NET
    first, second = server.ranges
    assert first is None
    assert second is not None
    assert second == "bytes=200000-"
    assert server.asked[1][1]["If-Range"] == '"v1"'
    assert waits == [0]


def test_a_line_that_is_always_cut_gives_up_and_goes_on_next_time(server, home, waits):
    server.script(serve(NET, cut=100_000), serve(NET, cut=0))
    with pytest.raises(WeightsError, match=r"connection .* was cut .*is kept.*vmatte weights import net FILE"):
        fetch("net", published(server))
    assert left(home) == PARTIAL
    assert find("net", published(server)) is None
    assert (home / "weights/net/net.safetensors.part").stat().st_size == 100_000
    assert len(server.asked) == 6
    assert waits == sorted(waits)
    assert waits[-1] > 4
    server.asked.clear()
    server.script(serve(NET))
    assert fetch("net", published(server)).path.read_bytes() == NET
    assert server.ranges != [None]
    assert len(server.asked) == 1
    assert left(home) == STORED


def test_a_slow_line_may_be_cut_often(server):
    big = safetensors(10 * 2**20)
    server.script(*[serve(big, cut=2**20 + 2**17)] * 9, serve(big))
    assert fetch("net", published(server, big)).path.read_bytes() == big


def test_the_whole_file_comes_again_where_parts_are_not_to_be_had(server):
    server.script(serve(NET, cut=100_000), serve(NET, ranges=False))
    assert fetch("net", published(server)).path.read_bytes() == NET


def test_without_a_mark_of_its_version_only_a_hash_allows_to_resume(server):
    server.script(serve(NET, tag=None, cut=200_000), serve(NET, tag=None))
    assert fetch("net", published(server, None)).path.read_bytes() == NET
    assert server.ranges == [None, None]


@pytest.mark.parametrize("obedient", [True, False], ids=["heeds If-Range", "ignores it"])
def test_a_file_that_changes_between_attempts_starts_anew(server, obedient):
    def careless(handler: BaseHTTPRequestHandler) -> None:
        del handler.headers["If-Range"]
        serve(OTHER, tag='"v2"')(handler)

    second = serve(OTHER, tag='"v2"') if obedient else careless
    server.script(serve(NET, cut=200_000), second, serve(OTHER, tag='"v2"'))
    assert fetch("net", published(server, None)).path.read_bytes() == OTHER


def test_a_changed_address_does_not_go_on_from_old_bytes(server):
    server.script(serve(OTHER, cut=200_000), serve(OTHER, cut=0))
    with pytest.raises(WeightsError):
        fetch("net", published(server, path="/v1/net"))
    server.script(serve(NET))
    server.asked.clear()
    assert fetch("net", published(server, path="/v2/net")).path.read_bytes() == NET
    assert server.ranges == [None]


@pytest.mark.parametrize("known", [NET, None], ids=["published hash", "no hash"])
def test_a_length_that_promises_too_much(server, home, known):
    server.script(serve(NET, claim=len(NET) + 100))
    if known:
        assert fetch("net", published(server, known)).path.read_bytes() == NET
    else:
        with pytest.raises(WeightsError, match=r"300\d+"):
            fetch("net", published(server, known))
        assert "net.safetensors" not in left(home)


@pytest.mark.parametrize("known", [NET, None], ids=["published hash", "no hash"])
def test_a_length_that_promises_too_little(server, home, known):
    server.script(serve(NET, claim=200_000))
    with pytest.raises(WeightsError, match="its hash is" if known else "cut short or damaged"):
        fetch("net", published(server, known))
    assert left(home) == set()


@pytest.mark.parametrize("claim", [200_000, 400_000])
def test_a_length_that_is_not_the_cards_is_not_even_fetched(server, home, claim):
    server.script(serve(NET, claim=claim))
    with pytest.raises(WeightsError, match=f"{claim} bytes, but the right one has {len(NET)}"):
        fetch("net", published(server, size=len(NET)))
    assert left(home) == set()
    assert len(server.asked) == 1


def test_more_than_the_cards_size_is_cut_off_without_a_length(server, home):
    server.script(serve(NET, length=False))
    with pytest.raises(WeightsError, match="sends more than the 1000 bytes"):
        fetch("net", published(server, size=1000))
    assert left(home) == set()


def test_no_length_is_no_trouble(server):
    server.script(serve(NET, length=False))
    assert fetch("net", published(server)).path.read_bytes() == NET


def test_a_wrong_file_never_gets_the_final_name(server, home):
    server.script(serve(OTHER))
    with pytest.raises(WeightsError, match=f"not the published file.*{sha256(OTHER)}.*{sha256(NET)}"):
        fetch("net", published(server))
    assert left(home) == set()


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/octet-stream"])
@pytest.mark.parametrize("known", [NET, None], ids=["published hash", "no hash"])
def test_a_web_page_is_no_checkpoint(server, home, kind, known):
    server.script(serve(b"\n<!DOCTYPE html><html>quota exceeded</html>", kind=kind))
    with pytest.raises(WeightsError, match=r"web page|not the published file"):
        fetch("net", published(server, known))
    assert left(home) == set()


@pytest.mark.parametrize("content", [b"", b"\x00garbage" * 100, NET[:-1], archive()[:-30]])
def test_what_is_no_whole_checkpoint_is_refused_also_without_a_hash(server, home, content):
    server.script(serve(content))
    with pytest.raises(WeightsError, match=r"empty|no weights file|cut short"):
        fetch("net", published(server, None))
    assert left(home) == set()


@pytest.mark.parametrize(("code", "said"), [(404, "is not there"), (410, "is not there"), (403, "login"), (400, "400")])
def test_a_refusal_is_final_and_says_what_else_can_be_done(server, home, code, said):
    server.script(status(code))
    with pytest.raises(WeightsError, match=said) as caught:
        fetch("net", published(server))
    text = str(caught.value)
    assert f"{server.url}/v1/net.safetensors" in text
    assert "vmatte weights import net FILE" in text
    assert "--weights FILE" in text
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("after", "waited"), [("7", 7), ("0", 0), ("86400", 120), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("soon", 0)]
)
def test_too_many_requests_waits_as_long_as_it_is_asked_to(server, waits, after, waited):
    server.script(status(429, {"Retry-After": after}), serve(NET))
    assert fetch("net", published(server)).path.read_bytes() == NET
    assert waits == [waited]


def test_a_broken_server_is_asked_again(server):
    server.script(status(500), status(503), serve(NET))
    assert fetch("net", published(server)).path.read_bytes() == NET


def test_a_server_that_stays_broken(server, home, waits):
    server.script(status(500))
    with pytest.raises(WeightsError, match=r"500 Internal Server Error \(tried again 5 times\)"):
        fetch("net", published(server))
    assert waits == [0, 2, 4, 8, 16]
    assert left(home) == set()


def test_a_server_that_is_not_there():
    with Server() as gone:
        weights = published(gone)
    with pytest.raises(WeightsError, match=r"no connection to 127.0.0.1:\d+ \(tried again"):
        fetch("net", weights)


def test_redirects_are_followed_also_when_resuming(server):
    there = redirect(f"{server.url}/elsewhere?signature=secret")
    server.script(there, serve(NET, cut=200_000), there, serve(NET))
    assert fetch("net", published(server)).path.read_bytes() == NET
    assert server.ranges[3] is not None


def test_where_a_redirect_leads_is_not_told(server):
    server.script(redirect("http://127.0.0.1:1/elsewhere?signature=secret"))
    with pytest.raises(WeightsError) as caught:
        fetch("net", published(server))
    trace = "".join(traceback.format_exception(caught.value))
    assert "secret" not in trace


def test_redirects_in_a_circle(server):
    server.script(redirect("/v1/net.safetensors"))
    with pytest.raises(WeightsError, match="leads in circles"):
        fetch("net", published(server))


def test_an_address_that_is_none():
    with pytest.raises(WeightsError, match="cannot be asked for"):
        fetch("net", Weights("nonsense/net.pth", None, None, MIT, free=True))


def test_a_mirror_stands_in_for_the_host_and_its_password_is_never_shown(server, monkeypatch):
    address = server.url.replace("http://", "http://me:secret@")
    monkeypatch.setenv("VMATTE_WEIGHTS_MIRROR", f"{address}/copies/")
    server.script(serve(NET, cut=1000), serve(NET))
    said: list[str] = []
    weights = Weights("https://example.org/v1/net.pth?id=3", None, None, MIT, free=True)
    kept = fetch("net", weights, teller=Teller(said.append))
    assert server.asked[0][0] == "/copies/v1/net.pth?id=3"
    assert server.asked[0][1]["Authorization"].startswith("Basic ")
    assert kept.record.url == weights.url
    assert kept.record.via == f"{server.url}/copies/v1/net.pth?id=3"
    written = "".join(path.read_text("latin-1") for path in kept.path.parent.iterdir() if path.suffix == ".json")
    assert "secret" not in written + " ".join(said)


@pytest.mark.parametrize("mirror", ["mirror.studio", "ftp://mirror.studio", "http://mirror.studio/?token=1"])
def test_a_mirror_that_is_no_address(server, monkeypatch, mirror):
    monkeypatch.setenv("VMATTE_WEIGHTS_MIRROR", mirror)
    with pytest.raises(ConfigError, match="VMATTE_WEIGHTS_MIRROR"):
        fetch("net", published(server))


def test_a_proxy_of_the_environment_is_used(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("http_proxy", server.url)
    server.script(serve(NET))
    fetch("net", Weights("http://weights.invalid/net.pth", sha256(NET), None, MIT, free=True))
    assert server.asked[0][0] == "http://weights.invalid/net.pth"


def test_a_large_file_with_a_false_length_does_not_go_round_for_ever(server):
    big = safetensors(2 * 2**20)
    server.script(serve(big, claim=len(big) + 100))
    with pytest.raises(WeightsError, match="tried again 5 times"):
        fetch("net", published(server, None))
    assert len(server.asked) < 10


def test_notes_on_a_partial_file_hold_no_password(server, home, monkeypatch):
    monkeypatch.setenv("VMATTE_WEIGHTS_MIRROR", server.url.replace("http://", "http://me:secret@"))
    server.script(serve(NET, cut=1000), serve(NET, cut=0))
    with pytest.raises(WeightsError) as caught:
        fetch("net", published(server))
    notes = (home / "weights/net/net.safetensors.part.json").read_text()
    assert "secret" not in notes + str(caught.value)
    server.script(serve(NET))
    server.asked.clear()
    assert fetch("net", published(server)).path.read_bytes() == NET
    assert server.ranges == ["bytes=1000-"]
