"""Find the submissions in what a learning platform exports: folders, loose files, zips, odd names."""

import hashlib
import re
import stat
import unicodedata
import zipfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple

LARGEST = 20 << 20  # bytes of a notebook; a chapter of the book, figures and all, has one
NOBODYS = ("__macosx", ".ipynb_checkpoints", "desktop.ini", "thumbs.db", "__pycache__", "$recycle.bin")
FIRST = datetime.min


class Platform(NamedTuple):
    """How a learning platform names the folder, or the file, of one submission.

    `pattern` has the group ``name`` and, where the platform says them, ``number`` (its own for this person, which
    keeps two people of one name apart) and ``time``, to be read by `time`, a format of `datetime.strptime`.
    """

    name: str
    pattern: str
    time: str = ""


#: A teacher whose platform is not here adds a line. The first that fits a whole name is taken.
PLATFORMS = [
    Platform("Moodle", r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_\w+?_?"),
    Platform(
        "Brightspace",
        r"(?P<number>\d+)-\d+ - (?P<name>.+?) - (?P<time>[A-Z][a-z]+ \d{1,2}, \d{4} \d{3,4} [AP]M)",
        "%b %d, %Y %I%M %p",
    ),
    Platform("Blackboard", r".*_(?P<name>[^_]+)_attempt_(?P<time>\d{4}(-\d\d){5})([_.].*)?", "%Y-%m-%d-%H-%M-%S"),
    Platform("Gradescope", r"(?P<name>submission_\d+)"),
    Platform(
        "nbgrader's exchange",
        r"(?P<name>[^+]+)\+[^+]+\+(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)[^+]*(\+.*)?",
        "%Y-%m-%d %H:%M:%S",
    ),
    Platform("Sakai", r"(?P<name>[^,]+, [^(]+)\((?P<number>[^)]+)\)"),
    Platform("Canvas", r"(?P<name>[^_]+?)(_LATE)?_(?P<number>\d+)_\d+_.+"),
]


@dataclass
class Submission:
    """What one student handed in: a notebook's bytes, or the reason why there are none."""

    student: str
    file: str = ""
    notebook: bytes | None = None
    notes: list[str] = field(default_factory=list)
    handed_in: str = ""  #: when, by the platform or else by the file: "2026-11-28 18:20"
    time: datetime | None = None  #: the same, where the platform gives it


@dataclass
class Found:
    """A file that may be a notebook."""

    path: PurePosixPath
    size: int
    time: datetime
    read: object
    handed_in: datetime = FIRST  # what the platform says


class Collected(NamedTuple):
    """The submissions, by student, and the files that are nobody's."""

    submissions: list
    strays: list


def submissions(source, problem_set):
    """The submissions in a folder or a zip, one for each student.

    Parameters
    ----------
    source : Path
        With one folder, zip or notebook for each student; the exports of `PLATFORMS` are known by their names.
    problem_set : str
        Such as "ps4": where somebody handed in several notebooks at once, one with this in its name is taken.

    Returns
    -------
    Collected
    """
    source = Path(source)
    students: dict[str, tuple[list[Found], list[str]]] = {}
    strays = []
    if not source.exists():
        raise ValueError(f"FROM must be a folder or a zip with submissions; there is no {source}")
    usable = []
    for found, note in entries(source):
        if any(part.lower() in NOBODYS or part.startswith((".", "~$")) for part in found.path.parts):
            strays.append(str(found.path))
        else:
            usable.append((found, note))
    outer = wrapping([found.path.parts for found, _ in usable])
    for found, note in usable:
        parts = found.path.parts[outer:]
        name, found.handed_in = owner(parts[0])
        if not name and len(parts) == 1 and found.path.suffix.lower() != ".ipynb" and not note:
            strays.append(str(found.path))
            continue
        if not name:
            name = plain_name(parts[0] if len(parts) > 1 else found.path.stem, problem_set)
        files, notes = students.setdefault(name, ([], []))
        if note:
            notes.append(note)
        elif found.path.suffix.lower() == ".ipynb":
            files.append(found)
    found = [choose(name, *handed_in, problem_set) for name, handed_in in sorted(students.items())]
    return Collected(found, [path for path in strays if not path.endswith("/nothing")])


def entries(source):
    """All files in a folder or zip, and in zips in it, each with a note where it cannot be used."""
    if source.suffix.lower() == ".ipynb" and source.is_file():
        about = source.stat()
        yield (
            Found(PurePosixPath(source.name), about.st_size, datetime.fromtimestamp(about.st_mtime), source.read_bytes),
            None,
        )
        return
    if source.is_file():
        yield from zipped(source, PurePosixPath())
        return
    for path in sorted(source.rglob("*")):
        relative = PurePosixPath(path.relative_to(source).as_posix())
        if path.is_symlink():
            yield Found(relative, 0, FIRST, None), f"{relative.name} is a link, not a file, and was not followed."
        elif path.suffix.lower() == ".zip" and path.is_file():
            # the archive's name stands for a student only where no folder does
            yield from zipped(path, relative.with_suffix("") if len(relative.parts) == 1 else relative.parent)
        elif path.is_file():
            about = path.stat()
            yield Found(relative, about.st_size, datetime.fromtimestamp(about.st_mtime), path.read_bytes), None
        elif not any(path.iterdir()):
            yield Found(relative / "nothing", 0, FIRST, None), None


def zipped(path, prefix):
    """The files in a zip, under a student's name. Nothing is unpacked; names and links in it lead nowhere."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        yield Found(prefix / path.name, 0, FIRST, None), f"{path.name} is not a zip that can be read."
        return
    if not members:
        yield Found(prefix / "nothing", 0, FIRST, None), f"{path.name} is empty."
    for member in members[:10_000]:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        inside = prefix / PurePosixPath(*[part for part in name.parts if part not in ("..", "/")])
        if member.is_dir():
            continue
        if stat.S_ISLNK(member.external_attr >> 16):
            yield Found(inside, 0, FIRST, None), f"{name.name} in the zip is a link, not a file, and was not followed."
        elif name.is_absolute() or ".." in name.parts:
            yield Found(inside, 0, FIRST, None), "The zip holds a path that leads out of it; that file was not read."
        else:
            yield Found(inside, member.file_size, zip_time(member), lambda m=member: member_bytes(path, m)), None


def zip_time(member):
    """When a file of a zip was last written; what is no time counts as the first of all."""
    try:
        return datetime(*member.date_time)
    except ValueError:
        return FIRST


def member_bytes(path, member):
    """A file of a zip, no more of it than a notebook may have, whatever the zip says of its size."""
    with zipfile.ZipFile(path) as archive, archive.open(member) as file:
        return file.read(LARGEST + 1)


def wrapping(paths):
    """How many folders stand around the whole class, where a platform named what is in them.

    Names further down are the students' own, who could take another's there.
    """
    outer = 0
    while len({parts[: outer + 1] for parts in paths}) == 1 and all(len(parts) > outer + 1 for parts in paths):
        outer += 1
    return outer if any(owner(parts[outer])[0] for parts in paths) and not owner(paths[0][0])[0] else 0


def owner(text):
    """Whose a folder or file is and when it was handed in, if a platform named it; else "" and the first of times."""
    text = unicodedata.normalize("NFC", text)
    for platform in PLATFORMS:
        if not (match := re.fullmatch(platform.pattern, text)):
            continue
        said = match.groupdict()
        try:
            time = datetime.strptime(said["time"], platform.time) if said.get("time") else FIRST
        except ValueError:
            time = FIRST
        return written(f"{said['name']} {said.get('number') or ''}"), time
    return "", FIRST


def plain_name(text, problem_set):
    """A student's name from that of a folder or file, without the problem set and what browsers add to copies."""
    text = unicodedata.normalize("NFC", text)
    return written(
        re.sub(rf"\s*\(\d+\)$|\bcopy( of)?\b|[-_ ]*{problem_set}[-_ ]*", " ", text, flags=re.IGNORECASE), text
    )


def written(name, instead=""):
    """A name as that of a file: letters, digits, and a few signs."""
    kept = "".join(c if c.isalnum() or c in "-_.@" else " " for c in name)
    kept = "-".join(kept.split()).strip(".-_")
    if kept and len(kept) <= 80:
        return kept
    # names that are too long, or all signs, stay apart
    return f"{kept[:70] or 'student'}-{hashlib.sha256((name + instead).encode()).hexdigest()[:8]}"


def choose(name, files, notes, problem_set):
    """One notebook of those that a student handed in."""
    submission = Submission(name, notes=list(dict.fromkeys(notes)))
    if not files:
        submission.notes.append("No notebook was found: a file whose name ends in .ipynb.")
        return submission
    files.sort(key=lambda f: (f.handed_in, problem_set in f.path.name.lower(), f.time, str(f.path)))
    best = files[-1]
    submission.file = str(best.path)
    submission.handed_in = f"{best.time if best.handed_in == FIRST else best.handed_in:%Y-%m-%d %H:%M}"
    submission.time = None if best.handed_in == FIRST else best.handed_in
    times = {f.handed_in for f in files}
    if len(times) > 1:
        when = f"{best.handed_in:%Y-%m-%d %H:%M}"
        submission.notes.append(f"Handed in {len(times)} times; the newest, of {when}, was graded.")
    elif len(files) > 1:
        submission.notes.append(f"{len(files)} notebooks were handed in; {best.path.name} was graded.")
    if best.size > LARGEST:
        submission.notes.append(
            f"The notebook has more than {LARGEST >> 20} MB. Clear its outputs and hand it in again."
        )
        return submission
    try:
        content = best.read()
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        submission.notes.append(f"The file cannot be read ({type(error).__name__}).")
        return submission
    if len(content) > LARGEST:
        submission.notes.append("The zip says a smaller size of the notebook than it has.")
        return submission
    submission.notebook = content
    return submission
