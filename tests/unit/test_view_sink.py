# SPDX-License-Identifier: Apache-2.0
"""What rerun is given, and where its server listens."""

import os
import socket
from pathlib import Path

import numpy as np
import pytest

rr = pytest.importorskip("rerun")

from martlet.view.entries import Label, Lines, Number, Pose, Remark, Solid  # noqa: E402
from martlet.view.page import LOOPBACK  # noqa: E402
from martlet.view.server import served  # noqa: E402
from martlet.view.sink import TIMELINE, Sink  # noqa: E402

DRONES = (("cf1", (0, 114, 178)),)
TRIANGLE = np.array([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
ENTRIES = (
    Pose("world/drones/cf1", np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.0, 0.6, 0.8])),
    Lines("world/trails/cf1", (TRIANGLE[:2],), (1, 2, 3), 0.01, ("way",)),
    Solid("world/drones/cf1/body", TRIANGLE, np.full((3, 3), 200.0)),
    Label("world/drones/cf1/name", "cf1: policy", (9, 9, 9)),
    Number("plots/error/cf1", 4.5),
    Remark("log/cf1", "cf1: guard", warning=True),
)


class Stream:
    def __init__(self, _):
        self.times, self.logged, self.still = [], {}, set()

    def connect_grpc(self, url, default_blueprint):
        self.url, self.layout = url, default_blueprint

    def set_time(self, timeline, *, duration):
        self.times.append((timeline, duration))

    def log(self, path, what, *, static=False):
        self.logged[path] = what
        if static:
            self.still.add(path)


@pytest.fixture
def drawn(monkeypatch):
    monkeypatch.setattr(rr, "RecordingStream", Stream)
    sink = Sink(DRONES, ENTRIES[2:3], live=False)
    sink.connect("rerun+http://127.0.0.1:1/proxy")
    sink.draw(1700000000.25, ENTRIES)
    sink.draw(1700000001.5, ())
    return sink._stream


def test_times_count_from_the_whole_second_of_the_first(drawn):
    assert drawn.times == [(TIMELINE, pytest.approx(0.25)), (TIMELINE, pytest.approx(1.5))]


def test_every_entry_is_drawn_as_what_it_is(drawn):
    kinds = [type(drawn.logged[entry.path]).__name__ for entry in ENTRIES]
    assert kinds == ["Transform3D", "LineStrips3D", "Mesh3D", "Points3D", "Scalars", "TextLog"]
    assert "world/drones/cf1/body" in drawn.still
    pose = drawn.logged["world/drones/cf1"]
    assert pose.translation.as_arrow_array().to_pylist() == [[1.0, 2.0, 3.0]]
    assert pose.quaternion.as_arrow_array().to_pylist()[0] == pytest.approx([0.0, 0.0, 0.6, 0.8])
    assert drawn.logged["plots/error/cf1"].scalars.as_arrow_array().to_pylist() == [4.5]
    assert drawn.logged["log/cf1"].level.as_arrow_array().to_pylist() == ["WARN"]


def test_a_face_looks_the_way_its_corners_turn(drawn):
    normals = drawn.logged["world/drones/cf1/body"].vertex_normals.as_arrow_array().to_pylist()
    assert normals == [[0.0, 0.0, 1.0]] * 3


def test_a_recording_is_written(tmp_path: Path):
    sink = Sink(DRONES, ENTRIES[2:3], live=False)
    sink.save(tmp_path / "flight.rrd")
    sink.draw(0.0, ENTRIES)
    sink.end()
    written = (tmp_path / "flight.rrd").read_bytes()
    assert written[:3] == b"RRF"
    assert b"world/trails/cf1" in written


def listening(pid: int) -> set[tuple[str, int]]:
    """Addresses and ports of the listening TCP sockets of a process, IPv6 ones by their hex."""
    links = [os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir() if file.exists()]
    inodes = {link.removeprefix("socket:[").rstrip("]") for link in links}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[9] in inodes and columns[3] == "0A":
                address, _, port = columns[1].partition(":")
                raw = bytes.fromhex(address)[::-1]
                found.add((socket.inet_ntoa(raw) if table == "tcp" else address, int(port, 16)))
    return found


def children() -> set[int]:
    tasks = Path("/proc/self/task").iterdir()
    return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}


def test_the_viewer_listens_on_loopback_alone_and_ends():
    others = children()
    with served(0) as address:
        (rerun,) = children() - others
        mine, its = listening(os.getpid()), listening(rerun)
        assert len(its) == 2  # page and data
        assert {where for where, _ in mine | its} == {LOOPBACK}
        page = int(address.page.split("/")[2].rpartition(":")[2])
        assert page in {port for _, port in mine}
        assert any(f":{port}/proxy" in address.data for _, port in its)
    assert children() - others == set()
    assert not Path(f"/proc/{rerun}").exists()
