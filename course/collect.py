"""Find the submissions in what a learning platform exports: folders, loose files, zips, odd names."""

import re
import stat
import unicodedata
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

LARGEST = 20 << 20  # bytes of a notebook; a chapter of the book, figures and all, has one
MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_\w+?_?")
CANVAS = re.compile(r"(?P<name>[^_]+)(_LATE)?_(?P<number>\d+)_\d+_.+")
OWN_FILES = ("__MACOSX", ".ipynb_checkpoints")


@dataclass
class Submission:
    """What one student handed in: a notebook's bytes, or the reason why there are none."""

    student: str
    file: str = ""
    notebook: bytes | None = None
    notes: list[str] = field(default_factory=list)


@dataclass
class Found:
    """A file that may be a notebook."""

    path: PurePosixPath
    size: int
    time: tuple
    read: object


def submissions(source, problem_set):
    """Submissions in a folder or a zip, one for each student, by name.

    Parameters
    ----------
    source : Path
        With one folder, zip or notebook for each student; exports of Moodle and Canvas are known by their names.
    problem_set : str
        Such as "ps4": where somebody handed in several notebooks, one with this in its name is taken.

    Returns
    -------
    list of Submission
    """
    source = Path(source)
    students: dict[str, tuple[list[Found], list[str]]] = {}
    if not source.exists():
        raise ValueError(f"FROM must be a folder or a zip with submissions; there is no {source}")
    for found, note in entries(source):
        parts = found.path.parts
        if any(part in OWN_FILES or part.startswith(".") for part in parts):
            continue
        name = student_of(parts[0] if len(parts) > 1 else found.path.stem, problem_set)
        files, notes = students.setdefault(name, ([], []))
        if note:
            notes.append(note)
        elif found.path.suffix.lower() == ".ipynb":
            files.append(found)
    return [choose(name, *handed_in, problem_set) for name, handed_in in sorted(students.items())]


def entries(source):
    """All files in a folder or zip, and in zips in it, each with a note where it cannot be used."""
    if source.is_file():
        yield from zipped(source, PurePosixPath())
        return
    for path in sorted(source.rglob("*")):
        relative = PurePosixPath(path.relative_to(source).as_posix())
        if path.is_symlink():
            yield Found(relative, 0, (), None), f"{relative.name} is a link, not a file, and was not followed."
        elif path.suffix.lower() == ".zip" and path.is_file():
            # the archive's name stands for a student only where no folder does
            yield from zipped(path, relative if len(relative.parts) == 1 else relative.parent)
        elif path.is_file():
            about = path.stat()
            yield Found(relative, about.st_size, (about.st_mtime,), path.read_bytes), None
        elif not any(path.iterdir()):
            yield Found(relative / "nothing", 0, (), None), None


def zipped(path, prefix):
    """The files in a zip, under a student's name. Nothing is unpacked; names and links in it lead nowhere."""
    if prefix.suffix:
        prefix = prefix.with_suffix("")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        yield Found(prefix / path.name, 0, (), None), f"{path.name} is not a zip that can be read."
        return
    if not members:
        yield Found(prefix / "nothing", 0, (), None), f"{path.name} is empty."
    for member in members[:10_000]:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        inside = prefix / PurePosixPath(*[part for part in name.parts if part not in ("..", "/")])
        if member.is_dir():
            continue
        if stat.S_ISLNK(member.external_attr >> 16):
            yield Found(inside, 0, (), None), f"{name.name} in the zip is a link, not a file, and was not followed."
        elif name.is_absolute() or ".." in name.parts:
            yield Found(inside, 0, (), None), "The zip holds a path that leads out of it; that file was not read."
        else:
            yield Found(inside, member.file_size, member.date_time, lambda m=member: member_bytes(path, m)), None


def member_bytes(path, member):
    """A file of a zip, no more of it than a notebook may have, whatever the zip says of its size."""
    with zipfile.ZipFile(path) as archive, archive.open(member) as file:
        return file.read(LARGEST + 1)


def student_of(text, problem_set):
    """A student's name, with the platform's number where there is one: two people may have one name."""
    text = unicodedata.normalize("NFC", text)
    match = MOODLE.fullmatch(text) or CANVAS.fullmatch(text)
    if match:
        text = f"{match['name']} {match['number']}"
    else:
        text = re.sub(rf"\s*\(\d+\)$|\bcopy\b|[-_ ]*{problem_set}[-_ ]*", " ", text, flags=re.IGNORECASE)
    kept = "".join(c if c.isalnum() or c in "-_.@" else " " for c in text)
    return "-".join(kept.split())[:80].strip(".-_") or problem_set


def choose(name, files, notes, problem_set):
    """One notebook of those that a student handed in."""
    submission = Submission(name, notes=list(dict.fromkeys(notes)))
    if not files:
        submission.notes.append("No notebook was found: a file whose name ends in .ipynb.")
        return submission
    files.sort(key=lambda f: (problem_set in f.path.name.lower(), f.time, str(f.path)))
    best = files[-1]
    submission.file = str(best.path)
    if len(files) > 1:
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
