"""What several test files share: random numbers, and the built site in a browser."""

import contextlib
import gzip
import http.server
import shutil
import socket
import sys
import threading
from functools import cache, partial
from pathlib import Path

import numpy as np
import processes  # noqa: F401  here, so that a run with STUBBORN=1 is one from its first process on
import pytest
from hypothesis import settings

settings.register_profile("book", deadline=None)  # a deadline is of the clock: a busy machine would fail the test
settings.load_profile("book")
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
LONG = (
    "test_pdf",
    "test_course",
    "test_site",
    "test_access",
    "test_trials",
    "test_compiled",
    "test_explorables",
    "test_text",
    "test_contract",
    "test_lab",
)


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


class Handler(http.server.SimpleHTTPRequestHandler):
    """Compresses text, as the hosts of static pages do; says nothing."""

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


class Server(http.server.ThreadingHTTPServer):
    """A browser that leaves a page breaks its connections: that is no error."""

    daemon_threads = True  # closing the server waits for no connection that a browser keeps open

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def served(folder):
    """The address at which a folder is served."""
    with Server(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def address():
    with served(SITE) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
