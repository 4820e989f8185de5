"""Around the text: what search engines, other sites and screen readers need, and what depends on the published address.

The address is not in the repository. Set ``BOOK_URL`` (of the site, with a slash at the end)
and ``BOOK_REPOSITORY`` (of the sources, on GitHub) when the site is built for publication;
without them the site has no canonical addresses, social cards, sitemap, launch or edit buttons.
"""

import os
import re
import shutil
import subprocess
from html import escape
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
from docutils import nodes

from rnnbook import __version__, trials
from rnnbook.plots.style import COLOURS

#: The theme's pages, where axe-core objects: what it writes, and what it should have written.
MENDED = [
    # the button's own words are its name
    (r'(<button class="btn search-button-field[^>]*?) title="Search" aria-label="Search"', r"\1"),
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    # an icon says nothing
    (r'<i class="(theme-switch|fa-)([^>]*?) title="[^"]*">', r'<i class="\1\2 aria-hidden="true">'),
    (r'<i class="(theme-switch|fa-)([^">]*)">', r'<i class="\1\2" aria-hidden="true">'),
    # an arrow in the table of contents has no words
    (r'<summary>(<span class="toctree-toggle") role="presentation">', r'<summary aria-label="pages below">\1>'),
    # the logo lies outside all landmarks
    (r'(<div class="sidebar-primary-item")>(\s*<a class="navbar-brand logo")', r'\1 role="banner">\2'),
    # a picture whose size is known moves nothing when it comes; a browser may want it before the style sheet
    (r'<img src="([^"]*logo\.svg)" class="logo__image', r'<img src="\1" width="64" height="64" class="logo__image'),
    (r'<th class="head"><p></p></th>', '<td class="head"></td>'),
    # whoever copies a formula wants it without the site's colours
    (r"\{\\htmlClass\{q-[a-z]\}\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}\}(?=[^<]*</annotation>)", r"\1"),
    # roles that a div may not have, or no longer has
    (r' role="doc-biblioentry"', ""),
    (r'<div role="list" class="citation-list">', '<div class="citation-list">'),
    # the theme is known before the first paint, so that the page is not laid out twice
    (
        r'document\.documentElement\.dataset\.theme = localStorage\.getItem\("theme"\) \|\| "auto";',
        'document.documentElement.dataset.theme = ({auto: matchMedia("(prefers-color-scheme: dark)").matches'
        ' ? "dark" : "light"})[document.documentElement.dataset.mode] || document.documentElement.dataset.mode;',
    ),
    # the notebooks for Colab have a first cell that installs the package: .ci/students.py
    (r"(//colab\.research\.google\.com/github/[^/]+/[^/]+/blob)/main/", r"\1/students/"),
    # 1.5 MB that turn icons of a font into pictures of the same icons
    (r'<script defer src="[^"]*fontawesome\.js[^"]*"></script>', ""),
    (r'<meta name="viewport" content="width=device-width, initial-scale=1" />', ""),
]


def published(_app, config):
    """Take the site's and the sources' addresses from the environment."""
    config.html_baseurl = os.environ.get("BOOK_URL", "")
    repository = os.environ.get("BOOK_REPOSITORY", "")
    if repository:
        config.html_theme_options = dict(config.html_theme_options) | {
            "repository_url": repository,
            "repository_branch": "main",
            "use_repository_button": True,
            "use_edit_page_button": True,
            "launch_buttons": {
                "binderhub_url": "https://mybinder.org",
                "colab_url": "https://colab.research.google.com",
                "notebook_interface": "jupyterlab",
            },
        }


def describe(app, pagename, _templatename, context, doctree):
    """Give a page its description, its card, and a chapter its citation."""
    if doctree is None:
        return
    title = re.sub("<[^>]*>", "", context["title"])
    paragraph = next((p for p in doctree.findall(nodes.paragraph) if len(p.astext()) > 60), None)
    words = " ".join(paragraph.astext().split()) if paragraph else app.config.project
    description = words if len(words) <= 160 else words[:157].rsplit(" ", 1)[0] + " …"
    tags = {"description": description, "og:title": title, "og:description": description, "og:type": "book"}
    if base := app.config.html_baseurl:
        name = pagename.replace("/", "-")
        card(Path(app.outdir, "_static", "cards", f"{name}.png"), title)
        tags |= {"og:url": f"{base}{pagename}.html", "og:image": f"{base}_static/cards/{name}.png"}
        tags |= {"twitter:card": "summary_large_image"}
    context["metatags"] = context.get("metatags", "") + "".join(
        f'<meta {"property" if ":" in name else "name"}="{name}" content="{escape(value)}" />\n'
        for name, value in tags.items()
    )
    if pagename.startswith("notebooks/"):
        context["body"] += about(app.srcdir, pagename) + citation(title, f"{base}{pagename}.html" if base else "")


def about(root, pagename):
    """When a chapter was last run, with what, and where its notebook, its tables and its tests are."""
    name, repository = pagename.rsplit("/", 1)[1], os.environ.get("BOOK_REPOSITORY", "")
    git = ["git", "-C", str(root), "log", "-1", "--format=%cs", "--", f"{pagename}.ipynb"]
    run = subprocess.run(git, capture_output=True, text=True) if shutil.which("git") else None
    date = run.stdout.strip() if run else ""
    pinned = dict(re.findall(r"(?m)^(numpy|matplotlib)==(\S+)", Path(root, "requirements.txt").read_text("utf-8")))
    made = nbformat.read(Path(root, f"{pagename}.ipynb"), 4).metadata

    def file(path):
        words = escape(path.rsplit("/", 1)[1])
        return f'<a href="{escape(repository)}/blob/main/{path}">{words}</a>' if repository else f"<code>{words}</code>"

    tables = dict.fromkeys(table for c in trials.claims() if c.section == name for table in c.tables)
    tests = ("test_notebooks", *made.get("tests", ()), *(["test_trials"] if tables else []))
    lines = [
        f"Last run{f' for the edition of {date}' if date else ''} with Python {escape(made.language_info.version)}, "
        f"NumPy {pinned['numpy']} and Matplotlib {pinned['matplotlib']}; compared with these outputs at every change, "
        "on another processor kernel.",
        f'The notebook: <a href="../_sources/{pagename}.ipynb" download>{name}.ipynb</a>. '
        f'Its <a href="../_static/slides/{name}.html">slides</a>.',
        f"Its tables of runs: {', '.join(file(f'rnnbook/trials/results/{t}.csv') for t in tables)}." if tables else "",
        f"Its tests: {', '.join(file(f'tests/{t}.py') for t in tests)}.",
    ]
    text = "".join(f"<p>{line}</p>" for line in lines if line)
    summary = "<summary>About this chapter: when it was run, tables, tests</summary>"
    return f'<details class="rb-cite">{summary}{text}</details>'


def citation(title, url):
    """A box with the chapter's BibTeX entry."""
    lines = [
        "@incollection{recurrentcells,",
        f"  title     = {{{title}}},",
        "  booktitle = {Recurrent cells: derived, implemented, and put on trial},",
        "  author    = {{The recurrent-cells textbook authors}},",
        f"  edition   = {{{__version__}}},",
        *([f"  url       = {{{url}}},"] if url else []),
        "}",
    ]
    entry = escape("\n".join(lines))
    return f'<details class="rb-cite"><summary>Cite this chapter</summary><pre tabindex="0">{entry}</pre></details>'


def card(path, title):
    """The picture that other sites show beside a link, 1200 by 630 pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"font.family": "DejaVu Sans", "text.usetex": False}):
        figure = plt.figure(figsize=(12, 6.3), dpi=100, facecolor="#fbfaf7")
        for k, gate in enumerate("ifogch"):
            bar = plt.Rectangle((0.08 + 0.07 * k, 0.8), 0.06, 0.03, color=COLOURS[gate], transform=figure.transFigure)
            figure.add_artist(bar)
        figure.text(0.08, 0.66, title.replace("$", r"\$"), fontsize=44, va="top", wrap=True, color="#1a1a1a")
        figure.text(0.08, 0.1, "Recurrent cells: derived, implemented, and put on trial", fontsize=22, color="#5c5c5c")
        figure.savefig(path)
        plt.close(figure)


def finish(app, exception):
    """Mend the theme's pages, and write the sitemap and the page for what is not there."""
    if exception or app.builder.name != "html":
        return
    out, base = Path(app.outdir), app.config.html_baseurl
    pages = [out / f"{name}.html" for name in sorted(app.env.found_docs)]
    for page in (p for p in out.rglob("*.html") if "_static" not in p.parts):
        text = written = page.read_text(encoding="utf-8")
        for wrong, right in MENDED:
            text = re.sub(wrong, right, text)
        if text != written:
            page.write_text(text, encoding="utf-8")
    home = base or "index.html"
    (out / "404.html").write_text(
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Not here</title>'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        '<link rel="icon" href="data:,">'
        "<body style='font: 1.2rem/1.5 sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem'><main>"
        f"<h1>Forgotten</h1><p>This page is not in memory. Perhaps its gate was shut. Start again at "
        f"<a style='color: inherit' href='{escape(home)}'>the first page</a>.</p></main></body></html>\n",
        encoding="utf-8",
    )
    if base:
        urls = "".join(f"<url><loc>{escape(base + p.relative_to(out).as_posix())}</loc></url>" for p in pages)
        start = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        (out / "sitemap.xml").write_text(f"{start}{urls}</urlset>\n", encoding="utf-8")
        (out / "robots.txt").write_text(f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n", encoding="utf-8")


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", published, priority=100)
    app.connect("html-page-context", describe, priority=900)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
