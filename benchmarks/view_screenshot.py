# SPDX-License-Identifier: Apache-2.0
"""What a browser without a screen shows of `martlet view RUN`, as a PNG: docs/images/view.png.

    python benchmarks/view_screenshot.py runs/<name> --at 0.6

Needs Chromium (Debian: `apt-get install chromium`), which draws by the processor here: five
minutes on two cores. It is spoken to by its DevTools protocol over pipes: no port is opened.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tyro

ROOT = Path(__file__).parents[1]
FLAGS = (
    "--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist", "--hide-scrollbars", "--no-first-run", "--remote-debugging-pipe",
)  # fmt: skip
"""No screen, no graphics card, and commands by file descriptors 3 and 4."""

TIMELINE_PX = (271, 208, 14)
"""Of rerun 0.41: to its time bar's ends from left and right, to the axis from below."""

SPACE = {"key": " ", "code": "Space", "text": " ", "windowsVirtualKeyCode": 32}
BEGINS_S = 30.0  # guess: until the page's program hears a key

LOOK_S, STILL_S = 3.0, 25.0
"""Time between two pictures, and how long they are equal of a page that has loaded."""


class Browser:
    """Chromium, spoken to; see https://chromedevtools.github.io/devtools-protocol."""

    def __init__(self, told: int, tells: int) -> None:
        """Speak by these file descriptors."""
        self._told, self._tells = os.fdopen(told, "wb"), os.fdopen(tells, "rb")
        self._number, self._rest = 0, b""

    def ask(self, method: str, session: str = "", **words: Any) -> dict[str, Any]:
        """What a command answers.

        Raises:
            SystemExit: It answers with an error.
        """
        self._number += 1
        order = {"id": self._number, "method": method, "params": words}
        if session:
            order["sessionId"] = session
        self._told.write(json.dumps(order).encode() + b"\0")
        self._told.flush()
        for answer in self._answers():
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise SystemExit(f"chromium: {method}: {answer['error']['message']}")
                return dict(answer["result"])
        raise SystemExit(f"chromium: {method}: it ended before it answered")

    def _answers(self) -> Iterator[dict[str, Any]]:
        while True:
            while b"\0" not in self._rest:
                if not (more := self._tells.read1()):
                    return
                self._rest += more
            whole, _, self._rest = self._rest.partition(b"\0")
            yield json.loads(whole)


@contextmanager
def browser(program: str, profile: str) -> Iterator[Browser]:
    """Chromium while it is needed."""
    told, order = os.pipe()
    answer, tells = os.pipe()
    words = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    shell = ["sh", "-c", f'exec "$@" 3<&{told} 4>&{tells}', "sh", *words]
    with subprocess.Popen(shell, pass_fds=(told, tells), stderr=subprocess.DEVNULL) as process:
        os.close(told)
        os.close(tells)
        try:
            found = Browser(order, answer)
            yield found
            found.ask("Browser.close")
        finally:
            process.terminate()


@contextmanager
def view(run: Path) -> Iterator[str]:
    """The address at which `martlet view` shows a run."""
    words = [sys.executable, "-m", "martlet.cli", "view", str(run), "--no-open", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            if not address:
                raise SystemExit(f"martlet view {run} said no address")
            yield address
        finally:
            process.terminate()


def settled(shown: Browser, session: str, seconds: float) -> bytes:
    """A picture of a page that changes no more, or has had its time."""
    began = changed = time.monotonic()
    picture = b""
    while (now := time.monotonic()) - began < seconds and now - changed < STILL_S:
        time.sleep(LOOK_S)
        found = base64.b64decode(shown.ask("Page.captureScreenshot", session)["data"])
        if found != picture:
            picture, changed = found, time.monotonic()
    return picture


def main(
    run: tyro.conf.Positional[Path],
    out: Path = ROOT / "docs" / "images" / "view.png",
    at: float = 0.6,
    seconds: float = 120.0,
    width: int = 1600,
    height: int = 960,
) -> None:
    """Open the view, click into its time bar, and keep what is seen.

    Args:
        run: A flight's folder.
        out: The picture.
        at: Moment of the flight, as a share of it.
        seconds: That the page may take to load, and again to draw, at most.
        width: Of the window [px].
        height: Likewise.
    """
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit(
            "expected chromium among the programs, found none: apt-get install chromium"
        )
    with (
        tempfile.TemporaryDirectory() as profile,
        view(run) as address,
        browser(program, profile) as shown,
    ):
        target = shown.ask("Target.createTarget", url=address)["targetId"]
        session = shown.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        shown.ask(
            "Emulation.setDeviceMetricsOverride", session,
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        time.sleep(BEGINS_S)
        for kind in ("keyDown", "keyUp"):  # it follows what comes: a pause
            shown.ask("Input.dispatchKeyEvent", session, type=kind, **SPACE)
        settled(shown, session, seconds)
        left, right, over = TIMELINE_PX
        where = {"x": left + at * (width - left - right), "y": height - over}
        for kind in ("mousePressed", "mouseReleased"):
            shown.ask(
                "Input.dispatchMouseEvent", session,
                type=kind, button="left", clickCount=1, **where,
            )  # fmt: skip
        picture = settled(shown, session, seconds)
    out.write_bytes(picture)
    sys.stdout.write(f"-> {out}\n")


if __name__ == "__main__":
    tyro.cli(main)
