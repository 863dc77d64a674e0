# SPDX-License-Identifier: Apache-2.0
"""`martlet view`: what it refuses, what it writes, what it lets the browser ask for."""

import fcntl
import http.client
import importlib.util
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from martlet.bag import BagWriter
from martlet.errors import UsageError
from martlet.flight.domain import take_domain
from martlet.view import command, server
from martlet.view.domains import watched
from martlet.view.options import ViewOptions
from martlet.view.page import LOOPBACK, Page, closed_page

PAGE = b"""<head><link rel="icon" href="favicon.ico" />
<link
  href="https://fonts.googleapis.com/css2?family=Inter" rel="stylesheet"
/><link rel="preconnect" href="https://fonts.gstatic.com" crossorigin /></head>"""


def refused(source, options=ViewOptions()):  # noqa: B008
    with pytest.raises(UsageError) as caught:
        command.run(source, options, lambda _: None)
    words = str(caught.value)
    assert "\n" not in words
    assert words.endswith(".")
    return words


def test_without_rerun_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert "pip install 'rerun-sdk>=0.41,<0.42'" in refused(tmp_path)


@pytest.fixture
def with_rerun(monkeypatch):
    monkeypatch.setattr(command, "rerun_command", lambda: Path("rerun"))
    monkeypatch.setattr(server, "rerun_command", lambda: Path("rerun"))


@pytest.mark.usefixtures("with_rerun")
def test_what_is_no_bag_is_refused(tmp_path):
    assert "there is no such file" in refused(tmp_path / "gone")
    assert "expected a bag" in refused(tmp_path)
    (tmp_path / "x.mcap").write_bytes(b"no bag")
    assert "expected a whole MCAP file" in refused(tmp_path / "x.mcap")


@pytest.mark.usefixtures("with_rerun")
def test_a_bag_of_no_flight_is_refused(tmp_path):
    with BagWriter(tmp_path / "flight") as bag:
        bag.write(bag.add_topic("/chat", "std_msgs/msg/String", "string data"), 1, 1, b"")
    assert "expected a flight's bag" in refused(tmp_path)


@pytest.mark.usefixtures("with_rerun")
def test_a_port_in_use_is_refused():
    with socket.create_server((LOOPBACK, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"got {port}: Address already in use"):
            server.served(port).__enter__()
    assert "expected 0 to 65535" in refused(Path("x"), ViewOptions(port=70000))


@pytest.mark.usefixtures("with_rerun")
def test_a_place_to_save_has_to_be_there(tmp_path):
    assert "expected a folder" in refused(tmp_path, ViewOptions(save=tmp_path / "no" / "x.rrd"))


def test_without_a_flight_there_is_nothing_to_watch(tmp_path):
    with pytest.raises(UsageError, match="found none"):
        watched({}, tmp_path, "")
    with pytest.raises(UsageError, match="expected 0 to 232"):
        watched({"ROS_DOMAIN_ID": "x"}, tmp_path, "")
    assert watched({"ROS_DOMAIN_ID": "7"}, tmp_path, "").domain == 7


def test_the_flight_in_the_air_is_found_with_its_run(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with take_domain({}, ports_in_use=set) as domain:
        domain.tell(tmp_path / "run")
        found = watched({})
        assert (found.domain, found.run) == (domain.number, tmp_path / "run")
        named = watched({"ROS_DOMAIN_ID": str(domain.number)})
        assert named == found
        with take_domain({}, ports_in_use=set) as other, pytest.raises(UsageError) as caught:
            watched({})
        assert f"{domain.number}, {other.number}" in str(caught.value)
    with pytest.raises(UsageError, match="found none"):  # the file is there, nobody holds it
        watched({})


def test_to_look_for_flights_takes_no_lock(tmp_path):
    path = tmp_path / f"martlet-domain-42-{os.getuid()}.lock"
    with path.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert watched({}, tmp_path).domain == 42
        assert watched({}, tmp_path).run is None


def test_the_page_links_to_no_other_host():
    assert b"//" not in closed_page(PAGE)
    assert b'href="favicon.ico"' in closed_page(PAGE)


class Viewer(BaseHTTPRequestHandler):
    def do_GET(self):
        html = self.path.startswith("/?")
        body = PAGE if html else b"\0asm"
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if html else "application/wasm")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_the_browser_may_connect_to_this_machine_alone():
    viewer = HTTPServer((LOOPBACK, 0), Viewer)
    thread = threading.Thread(target=viewer.serve_forever)
    thread.start()
    try:
        with Page(0, viewer.server_address[1], 4711) as page:
            asked = http.client.HTTPConnection(LOOPBACK, page.port, timeout=10.0)
            asked.request("GET", "/?url=x")
            found = asked.getresponse()
            assert b"//" not in found.read()
            rules = found.headers["Content-Security-Policy"]
            hosts = {word for word in rules.replace(";", " ").split() if "://" in word}
            assert hosts == {f"http://{LOOPBACK}:4711"}
            assert "*" not in rules
            asked.close()
            asked.request("GET", "/viewer.wasm")
            found = asked.getresponse()
            assert found.headers["Content-Type"] == "application/wasm"
            assert found.read() == b"\0asm"
            asked.close()
    finally:
        viewer.shutdown()
        thread.join()
        viewer.server_close()
