"""What several test files share: random numbers, and the built site in a browser."""

import gzip
import http.server
import shutil
import socket
import threading
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest

SITE = Path(__file__).parents[1] / "_build" / "html"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    DEBUGGER = free.getsockname()[1]  # where Lighthouse reaches the browser
FLAGS = [
    f"--remote-debugging-port={DEBUGGER}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


#: Files with few tests that take minutes. They come first, so that no worker waits for the other at the end.
LONG = ("test_pdf", "test_access", "test_course", "test_lab", "test_trials", "test_explorables")


def pytest_collection_modifyitems(items):
    """Longest first; the rest in their order."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONG)))


@pytest.fixture
def rng():
    return np.random.default_rng(20260101)


@cache
def compressed(body):
    return gzip.compress(body)


@pytest.fixture(scope="session")
def address():
    class Handler(http.server.SimpleHTTPRequestHandler):
        """Compresses text, as the hosts of static pages do."""

        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def do_GET(self):
            path = Path(self.translate_path(self.path))
            path = path / "index.html" if path.is_dir() else path
            if not path.is_file():
                self.send_error(404)
                return
            body, kind = path.read_bytes(), self.guess_type(path)
            self.send_response(200)
            if path.suffix in (".html", ".css", ".js", ".svg") and "gzip" in self.headers.get("Accept-Encoding", ""):
                body = compressed(body)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
