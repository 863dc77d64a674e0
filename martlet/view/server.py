# SPDX-License-Identifier: Apache-2.0
"""rerun's server in a process of its own, on loopback alone, telling nobody that it runs.

The SDK's own server binds every interface and cannot be told otherwise; the command of the same
wheel can (`--bind`). Its usage statistics are switched off in a configuration folder of its own,
which ends with it.
"""

import contextlib
import importlib.util
import json
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from martlet.errors import FlightError, UsageError
from martlet.flight.processes import Process, Processes
from martlet.view.page import LOOPBACK, Page

READY_S = 60.0
"""So long may it take to listen: on a cold disk its 280 MB are read first."""

MEMORY = "2GiB"
"""Of a flight's data; the oldest is dropped beyond it."""


@dataclass(frozen=True)
class Address:
    """Where a served flight is.

    Attributes:
        data: What a recording connects to.
        page: What a browser opens.
    """

    data: str
    page: str


def rerun_command() -> Path:
    """The server of the wheel.

    Raises:
        UsageError: It is not installed.
    """
    found = importlib.util.find_spec("rerun_cli")
    if found is None or found.origin is None:
        raise UsageError(
            "view: expected the viewer rerun, found none;"
            " run `.venv/bin/pip install 'rerun-sdk>=0.41,<0.42'` (the extra `view`)."
        )
    return Path(found.origin).parent / "rerun"


@contextlib.contextmanager
def served(port: int) -> Iterator[Address]:
    """Serve a viewer, at `port` of loopback, as long as the context lasts.

    Raises:
        UsageError: The port is in use, or rerun is not installed.
        FlightError: The server does not come up.
    """
    command = rerun_command()
    data, inner = _free_ports(2)
    with tempfile.TemporaryDirectory(prefix="martlet-view-") as folder, Processes() as processes:
        page = _page(port, inner, data)
        with page:
            words = [
                str(command), "--serve-web", "--bind", LOOPBACK, "--port", str(data),
                "--web-viewer-port", str(inner), "--server-memory-limit", MEMORY,
                "--hide-welcome-screen",
            ]  # fmt: skip
            server = Process("rerun", words, _quiet(Path(folder)), Path(folder) / "rerun.log")
            processes.add(server)
            _wait_for(server, (data, inner))
            source = f"rerun%2Bhttp%3A%2F%2F{LOOPBACK}%3A{data}%2Fproxy"
            yield Address(
                f"rerun+http://{LOOPBACK}:{data}/proxy",
                f"http://{LOOPBACK}:{page.port}/?url={source}",
            )


def _page(port: int, inner: int, data: int) -> Page:
    try:
        return Page(port, inner, data)
    except OSError as error:
        raise UsageError(
            f"view: --port: expected a port that is free, got {port}: {error.strerror};"
            " name another, or 0 for any."
        ) from None


def _quiet(folder: Path) -> dict[str, str]:
    """An environment in which rerun collects no statistics and leaves nothing behind."""
    config = folder / "rerun"
    config.mkdir()
    settings = {
        "analytics_enabled": False,
        "analytics_id": "",
        "metadata": {},
        "config_file_path": str(config / "analytics.json"),
        "data_dir_path": str(config / "analytics"),
    }
    (config / "analytics.json").write_text(json.dumps(settings))
    return {**os.environ, "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _wait_for(server: Process, ports: tuple[int, ...]) -> None:
    deadline = time.monotonic() + READY_S
    for port in ports:
        while True:
            try:
                socket.create_connection((LOOPBACK, port), 1.0).close()
                break
            except OSError:
                if server.exit_code() is not None or time.monotonic() > deadline:
                    raise FlightError(
                        f"rerun: expected it to listen on port {port}: {server.last_words()}"
                    ) from None
                time.sleep(0.1)
