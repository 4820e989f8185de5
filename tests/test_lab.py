"""In a live JupyterLab: an explorable is a widget, and a problem set of the release runs."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import processes
import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    cells = [nbformat.v4.new_code_cell("from rnnbook import explorables\n\nexplorables.show('lag')")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), folder / "widget.ipynb")
    shutil.copy(ROOT / "course/release/ps1/ps1.ipynb", folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", f"--port={port}", "--IdentityProvider.token="]
    command += ["--allow-root", "--ip=127.0.0.1", f"--ServerApp.root_dir={folder}"]
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_DATA_DIR": str(folder / "data")}
    server = processes.start(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(f"{address}/api", timeout=1).close()
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < deadline, "JupyterLab does not start"
                time.sleep(0.2)
        yield address
    finally:
        processes.end(server)


def run_all(browser, address, name):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/lab/tree/{name}?reset")
    page.get_by_text("(ipykernel) | Idle").wait_for(timeout=60_000)
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").click()
    page.locator(".lm-Menu").get_by_text("Run All Cells", exact=True).click()
    return page


def test_an_explorable_is_a_widget(browser, lab):
    page = run_all(browser, lab, "widget.ipynb")
    said = page.locator(".rb-live .rb-said")
    said.wait_for(state="attached", timeout=60_000)
    before = said.text_content()
    slider = page.locator(".rb-live input[type=range]").first
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('.rb-live .rb-said').textContent != before", arg=before)
    page.close()
    assert "gradient" in before


def test_a_problem_set_opens_and_asks_for_work(browser, lab):
    page = run_all(browser, lab, "ps1.ipynb")
    page.get_by_text("NotImplementedError").first.wait_for(timeout=60_000)
    page.close()
