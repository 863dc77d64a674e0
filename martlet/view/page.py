# SPDX-License-Identifier: Apache-2.0
"""The viewer's page as it may be shown here: it asks no host but this one.

The page that rerun serves fetches its fonts from a server of Google's. It goes through here: links
to elsewhere are taken out, and the browser is told (Content-Security-Policy) to connect to this
machine alone, whatever the page's program would like.
"""

import http.client
import re
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

LOOPBACK = "127.0.0.1"

_ELSEWHERE = re.compile(rb"<link\b[^>]*\bhref=\"https?://[^>]*>")
_KEPT = ("Content-Type", "Content-Length", "rerun-final-length")


def closed_page(html: bytes) -> bytes:
    """A page without links to other hosts."""
    return _ELSEWHERE.sub(b"", html)


def policy(data_port: int) -> str:
    """What the browser may fetch: from the page's own host, and the flight's data."""
    here = f"'self' http://{LOOPBACK}:{data_port} data: blob:"
    return (
        f"default-src {here}; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:;"
        f" style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; form-action 'none'"
    )


class Page:
    """Serves the viewer on a port of loopback; a context manager.

    Attributes:
        port: Where.
    """

    def __init__(self, port: int, viewer_port: int, data_port: int) -> None:
        """Bind.

        Args:
            port: Where to listen.
            viewer_port: Where rerun serves its page on this machine.
            data_port: Where it serves the flight.

        Raises:
            OSError: The port is in use.
        """
        handler = type("Handler", (_Handler,), {"viewer": viewer_port, "says": policy(data_port)})
        self._server = ThreadingHTTPServer((LOOPBACK, port), handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "Page":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    viewer: int
    says: str

    def do_GET(self) -> None:
        """Hand on what rerun serves."""
        inner = http.client.HTTPConnection(LOOPBACK, self.viewer, timeout=30.0)
        try:
            inner.request("GET", self.path)
            found = inner.getresponse()
            html = "text/html" in found.headers.get("Content-Type", "")
            page = closed_page(found.read()) if html else b""
            self.send_response(found.status)
            for name in _KEPT:
                if name in found.headers and not (html and name == "Content-Length"):
                    self.send_header(name, found.headers[name])
            self.send_header("Content-Security-Policy", self.says)
            self.end_headers()
            if html:
                self.wfile.write(page)
            else:
                shutil.copyfileobj(found, self.wfile)
        except (ConnectionError, TimeoutError):  # whoever asked has gone
            self.close_connection = True
        finally:
            inner.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing of requests."""
