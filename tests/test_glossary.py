"""Terms before use: each entry of the glossary is introduced by a chapter, and no chapter uses it before.

A chapter introduces a term where it links it to the glossary, ``*{term}`name`*``. What announces does not count as a
use: headings, words in bold at the head of a paragraph, and the box "What this chapter gives you". Nor does a word of
plain English whose everyday sense comes before.
"""

import json
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GLOSSARY = (ROOT / "book/glossary.md").read_text("utf-8")
TERMS = re.findall(r"(?m)^([^\s:#].*)$", GLOSSARY)
PLAIN = {"blank", "context", "leak", "share", "update", "worker"}
#: Terms that a chapter may name before their own, as something that it leaves out.
NAMED = {"layer normalisation"}
ROLE = re.compile(r"\{term\}`(?:[^`<]*<)?([^`>]+)>?`")


def prose(cell):
    if cell["cell_type"] == "code":
        return cell["metadata"].get("mystnb", {}).get("figure", {}).get("caption", "")
    text = re.sub(r"(?ms)^:::\{admonition\} What this chapter gives you.*?^:::$", "", "".join(cell["source"]))
    text = re.sub(r"(?ms)^```.*?^```$|^\$\$.*?^\$\$", "", re.sub(r"(?m)^#.*$|^\*\*[^*]+\*\*", "", text))
    text = ROLE.sub(r"⟦\1⟧", text)
    return re.sub(r"\{[\w:.]+\}`[^`]*`|(`+)[^`]+\1|\$[^$]*\$", " ", text)


@cache
def book():
    """All that the chapters say, in reading order, in small letters; a link to the glossary is ⟦term⟧."""
    chapters = sorted((ROOT / "notebooks").glob("*.ipynb"))
    cells = [cell for path in chapters for cell in json.loads(path.read_text("utf-8"))["cells"]]
    return "\n\n".join(map(prose, cells)).lower()


def test_there_is_a_glossary():
    assert len(TERMS) > 100 and len(set(TERMS)) == len(TERMS) and {*PLAIN, *NAMED} <= set(TERMS)


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_introduced_by_a_chapter_and_not_used_before(term):
    introduced = book().find(f"⟦{term.lower()}⟧")
    assert introduced >= 0, "no chapter links it to the glossary where it tells what it means"
    if term not in PLAIN | NAMED:
        used = re.search(rf"(?<![\w⟦-]){re.escape(term.lower())}(?:s|es)?(?![\w-])", book()[:introduced])
        assert used is None, book()[used.start() - 100 : used.end() + 50]
