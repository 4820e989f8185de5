"""What the search looks through: every section of the book with its text, one file that only the search page loads.

Sphinx's own index knows pages only, and every page would load it. Here a section is found by its
title, its text, the terms of the glossary that lead to it, and the titles of the papers that it
cites; and its sentences are at hand, so that a result can quote the one that matches.
"""

import json
import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

#: What is read but says nothing to somebody who searches.
SILENT = (nodes.raw, nodes.math_block, nodes.literal_block, nodes.comment, addnodes.toctree, addnodes.glossary)
#: Where a paragraph, a caption or a cell of a table ends, so does a sentence.
BREAKS = (nodes.paragraph, nodes.caption, nodes.term, nodes.entry, nodes.title)


def begins(node):
    """Whether a node is found by itself: a section with a title (an exercise is one without) or a public name."""
    titled = isinstance(node, nodes.section) and node.children and isinstance(node[0], nodes.title)
    return titled or isinstance(node, addnodes.desc)


def in_words(formula):
    """Say a short formula without its marks, a longer one not at all."""
    text = re.sub(r"\\htmlClass\{[^}]*\}", "", formula)
    text = re.sub(r"\\(tanh|sigma|odot|times|cdot|in|ne|approx|eta|tau|rho|lambda|delta|partial)\b", r"\1 ", text)
    text = re.sub(r"[{}]|\\[,;!]", "", text).strip()
    return "…" if "\\" in text or len(text) > 24 else text


def text_of(node):
    """The words of a node, sentence by sentence; code that is run is not among them."""
    if isinstance(node, SILENT):
        return ""
    if isinstance(node, nodes.math):
        return in_words(node.astext())
    if isinstance(node, nodes.Text):
        return str(node)
    text = "".join(text_of(child) for child in node.children if not begins(child))
    return f"{text}\n" if isinstance(node, BREAKS) else text


def clean(text):
    """One line a paragraph."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def ids_in(node):
    """All ids within a section, but not within the sections below it."""
    if not isinstance(node, nodes.Element):
        return
    yield from node["ids"]
    for child in node.children:
        if not begins(child):
            yield from ids_in(child)


def links_in(node):
    """Where the links within a section lead, but not those of the sections below it."""
    for child in getattr(node, "children", ()):
        if isinstance(child, nodes.reference):
            yield child.get("refuri") or f"#{child.get('refid', '')}"
        elif isinstance(child, nodes.raw):  # to a section, which has no label
            yield from re.findall(r'(?<=href=")[^"]+', child.astext())
        elif not begins(child):
            yield from links_in(child)


def entries(doctree):
    """A page's sections, terms and public names: anchor, title, text, ids, links."""
    for node in filter(begins, doctree.findall(nodes.section)):
        title, above = text_of(node[0]).strip(), node.parent
        while isinstance(above, nodes.section) and above.parent is not doctree:  # "The derivation" of what?
            title, above = f"{text_of(above[0]).strip()} › {title}", above.parent
        text = clean("".join(text_of(child) for child in node.children[1:] if not begins(child)))
        anchor = "" if node.parent is doctree else node["ids"][0]
        yield {"at": anchor, "title": title, "text": text, "ids": list(ids_in(node)), "links": list(links_in(node))}
    for item in doctree.findall(nodes.definition_list_item):
        terms = [t for t in item.findall(nodes.term) if t["ids"]]
        if terms and isinstance(item.parent.parent, addnodes.glossary):
            meaning = clean(text_of(next(iter(item.findall(nodes.definition)))))
            names = " / ".join(text_of(t).strip() for t in terms)
            found = {
                "at": terms[0]["ids"][0],
                "title": names,
                "text": meaning,
                "ids": [i for t in terms for i in t["ids"]],
            }
            yield found | {"links": list(links_in(item)), "term": True}
    for node in doctree.findall(addnodes.desc):
        signature = next(iter(node.findall(addnodes.desc_signature)))
        if signature["ids"]:
            body = next((c for c in node.children if isinstance(c, addnodes.desc_content)), None)
            text = clean(text_of(body)) if body is not None else ""
            yield {"at": signature["ids"][0], "title": signature["ids"][0], "text": text, "ids": [], "links": []}


def remember(app, doctree, docname):
    """Keep a page's sections for the index; pages that do not change are not resolved again."""
    if app.builder.name == "html":
        file = Path(app.doctreedir, "search", f"{docname}.json")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(list(entries(doctree))), encoding="utf-8")


def write_index(app, exception):
    """Write the index: of each page its title and sections, of each section its title, what leads to it, and text."""
    if exception or app.builder.name != "html":
        return
    pages = {}
    for name in sorted(app.env.found_docs):
        file = Path(app.doctreedir, "search", f"{name}.json")
        if file.is_file():
            pages[name] = json.loads(file.read_text("utf-8"))
    where = {f"{page}.html#{i}": entry for page, found in pages.items() for entry in found for i in entry["ids"]}
    where |= {f"{page}.html": found[0] for page, found in pages.items() if found}
    papers = cited(app)
    also, introduced = {}, set()
    for page, found in pages.items():
        for entry in found:
            targets = [resolved(page, link) for link in entry["links"]]
            for target in targets if page.startswith("notebooks/") else ():  # a term leads to where it first stands,
                if where.get(target, {}).get("term") and target not in introduced:
                    introduced.add(target)
                    also.setdefault(id(entry), []).append(where[target]["title"])
            if entry.get("term"):  # and to the section of the first equation, figure, section or chapter that it names
                first = next((t for t in targets if t.startswith("notebooks/") and t in where), None)
                if first:
                    also.setdefault(id(where[first]), []).append(entry["title"])
            titles = dict.fromkeys(papers[t] for t in targets if t in papers)
            entry["papers"] = " / ".join(titles)
    index = [
        [
            page,
            found[0]["title"],
            numbered(app, page),
            [[e["at"], e["title"], " / ".join(also.get(id(e), [])), e["papers"], e["text"]] for e in found],
        ]
        for page, found in pages.items()
        if found
    ]
    script = f"const SECTIONS = {json.dumps(index, ensure_ascii=False, separators=(',', ':'))};\n"
    Path(app.outdir, "_static", "search-index.js").write_text(script, encoding="utf-8")


def resolved(page, link):
    """A link of a page, from the root of the site."""
    address, _, anchor = link.partition("#")
    folder = page.rpartition("/")[0]
    parts = (f"{folder}/{address}" if folder else address).split("/") if address else [f"{page}.html"]
    path = []
    for part in parts:
        path = path[:-1] if part == ".." else [*path, part] if part != "." else path
    return "/".join(path) + (f"#{anchor}" if anchor else "")


def cited(app):
    """Author, year and title of each entry of the bibliography, by its place on the site."""
    domain, found = app.env.get_domain("cite"), {}
    for citation in domain.citations:
        entry = domain.bibdata.data.entries[citation.key]
        names = " ".join(" ".join(person.last_names) for person in entry.persons.get("author", []))
        title = re.sub(r"[{}\\$]", "", entry.fields["title"])
        place = f"{citation.bibliography_key.docname}.html#{citation.citation_id}"
        found[place] = f"{title} {names} {entry.fields.get('year', '')}"
    return found


def numbered(app, page):
    """A chapter's number, or nothing."""
    number = app.env.toc_secnumbers.get(page, {}).get("")
    return ".".join(map(str, number)) if number else ""


def setup(app):
    """Register with Sphinx."""
    app.connect("doctree-resolved", remember, priority=900)
    app.connect("build-finished", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
