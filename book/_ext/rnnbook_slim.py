"""A light site: one style sheet with the rules that something uses, scripts that wait, a font of the icons that occur.

The theme brings half a megabyte of styles, ten of whose files hold up the first paint, and
1.5 MB of icons, of which the book shows a dozen.
"""

import base64
import hashlib
import logging
import os
import re
from pathlib import Path

import tinycss2
from fontTools import subset, ttLib

LINK = re.compile(r'\s*<link (?:rel="stylesheet" type="text/css" )?href="([^"?]+)[^"]*"(?: rel="stylesheet")? />')
ICONS = "vendor/fontawesome/webfonts"
#: Fonts of the first screen, asked for before the style sheet is read, so that little moves when they come.
FIRST = ("serif", "sans")
#: Scripts that only some pages need, and what these have; the last served Sphinx's own search.
SCRIPTS = {
    "clipboard.min": 'class="highlight',
    "copybutton": 'class="highlight',
    "design-tabs": "sd-tab-set",
    "togglebutton": "dropdown admonition",
    "sphinx_highlight": "no page has this",
}
#: Scripts that name more than they use, and the classes that those of the theme put on a page.
WORDY = ("bootstrap.js", "fontawesome.js", "searchtools.js", "search-index.js", "reveal.js")
ADDED = {"show", "showing", "hiding", "fade", "collapsing"} | {
    "tooltip",
    "tooltip-inner",
    "tooltip-arrow",
    "bs-tooltip-auto",
}


def restyled(app, *_):
    """The first page, where a style sheet or a script has changed: where no page has, Sphinx does not look at them."""
    made = Path(app.outdir, "_static", "site.css")
    files = [f for folder in app.config.html_static_path for f in Path(app.srcdir, folder).rglob("*") if f.is_file()]
    newer = made.exists() and any(f.stat().st_mtime > made.stat().st_mtime for f in files)
    return [app.config.root_doc] if newer else []


def lighten(app, exception):
    """Rewrite the pages that were built."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    pages = [p for p in sorted(out.rglob("*.html")) if "_static" not in p.parts and p.name != "404.html"]
    texts = {page: page.read_text(encoding="utf-8") for page in pages}
    heavy = [page for page, text in texts.items() if LINK.search(text)]
    if not heavy:
        return  # nothing was written anew: these pages are light already
    linked = [os.path.normpath(page.parent / link) for page in heavy for link in LINK.findall(texts[page])]
    sheets = [Path(sheet) for sheet in dict.fromkeys(linked)]
    static = out / "_static"
    scripts = [p.read_text(encoding="utf-8") for p in sorted(static.rglob("*.js")) if p.name not in WORDY]
    words = all_words(" ".join([*texts.values(), *scripts])) | ADDED
    css = site_css([read_sheet(sheet, static) for sheet in sheets], words, static, Path(app.doctreedir))
    version = hashlib.sha256(css.encode()).hexdigest()[:8]
    leave_unmeasured(static / "scripts/pydata-sphinx-theme.js")
    options = (static / "documentation_options.js").read_text(encoding="utf-8")
    for page, text in texts.items():
        root = os.path.relpath(out, page.parent).replace(os.sep, "/")
        if page not in heavy:  # written by an earlier build; the style sheet may have changed
            now = re.sub(r"site\.css\?v=\w+", f"site.css?v={version}", text, count=1)
            if now != text:
                page.write_text(now, encoding="utf-8")
            continue
        text = LINK.sub("", text)
        fonts = "".join(
            f'<link rel="preload" href="{root}/_static/fonts/{name}.woff2" as="font" type="font/woff2" crossorigin />\n'
            for name in FIRST
        )
        sheet = f'<link rel="stylesheet" href="{root}/_static/site.css?v={version}" />'
        text = text.replace("</title>", f"</title>\n{fonts}{sheet}", 1)
        text = re.sub(r'\s*<link rel="preload" as="script"[^>]*>', "", text)
        # what the inline scripts need comes with the page; all other scripts may come later, in their order
        text = re.sub(
            r'<script src="[^"]*documentation_options\.js[^"]*"></script>',
            lambda _: f"<script>{options}</script>",
            text,
        )
        for script, serves in SCRIPTS.items():
            if serves not in text:
                text = re.sub(rf'<script [^>]*src="[^"]*/{script}\.js[^"]*"></script>', "", text)
        text = re.sub(r'<script ((?:data-[^>]*? )?src="[^"]*")></script>', r"<script defer \1></script>", text)
        page.write_text(apart(focusable(theme_scripts_last(text)), static, root), encoding="utf-8")


def all_words(text):
    """What may be the name of a class; by bytes, since a regular expression takes a second for the whole book."""
    letters = bytes(k if chr(k).isalnum() or chr(k) in "-_" else 32 for k in range(128)) + b" " * 128
    return set(text.encode().translate(letters).decode().split())


def site_css(sheets, words, static, memory):
    """One style sheet of the rules that are used, written, and its icons; an earlier build's if nothing changed."""
    asked = {"fa-regular", "far", "fa-brands", "fab", *re.findall(r"\.(-?[_a-zA-Z][\w-]*)", "\n".join(sheets))}
    key = hashlib.sha256(repr((sheets, sorted(words & asked))).encode()).hexdigest()
    file, made = static / "site.css", memory / "site.css.key"
    if file.exists() and made.exists() and made.read_text(encoding="utf-8") == key:
        file.touch()
        return file.read_text(encoding="utf-8")
    css = "\n".join(used_rules(sheet, words) for sheet in sheets)
    css += without_scripts(css)
    css = re.sub(r"\s*([{};])\s*", r"\1", css)  # six hundred bytes on each page, compressed
    css = re.sub(rf'({ICONS}/fa-\w+-\d+)\.woff2\) format\("woff2"\)', r'\1.woff) format("woff")', css)
    shrink_icons(static, css)
    file.write_text(css, encoding="utf-8")
    made.write_text(key, encoding="utf-8")
    return css


def without_scripts(css):
    """The rules of the two themes once more, for a page on which no script has chosen one: the system chooses."""
    twins = {"light": [], "dark": []}
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type != "qualified-rule":
            continue
        for theme, found in twins.items():
            asked = re.compile(rf'\[data-theme="?{theme}"?\]')
            selectors = [s for s in split_selectors(tinycss2.serialize(rule.prelude)) if asked.search(s)]
            if selectors:
                auto = ",".join(asked.sub("[data-theme=auto]", s) for s in selectors)
                found.append(f"{auto}{{{tinycss2.serialize(rule.content)}}}")
    return "".join(f"\n@media (prefers-color-scheme: {theme}){{{''.join(found)}}}" for theme, found in twins.items())


def leave_unmeasured(script):
    """Keep the theme from measuring every block of code when a page loads.

    It asks each whether it scrolls, to let the keyboard in, and so lays out the far sections
    that `content-visibility` had spared. `focusable` does it without measuring.
    """
    text = script.read_text(encoding="utf-8")
    measured = '"pre",".nboutput > .output_area",".cell_output > .output",".jp-RenderedHTMLCommon",'
    if measured in text:
        script.write_text(text.replace(measured, ""), encoding="utf-8")
    elif '[".pst-scrollable-table-container"]' not in text:
        raise RuntimeError(f"{script} is not the theme's script that this was written for")


def focusable(text):
    """Let the keyboard into blocks of code whose lines are longer than a phone's."""

    def block(match):
        lines = re.sub(r"<[^>]*>|&\w+;", "", match[2]).splitlines()
        long = any(len(line) > 40 for line in lines)
        return f'<pre tabindex="0"{match[1]}>{match[2]}</pre>' if long else match[0]

    return re.sub(r"<pre((?:(?!tabindex)[^>])*)>(.*?)</pre>", block, text, flags=re.DOTALL)


def apart(text, static, root):
    """Put sounds into files of their own, which a page loads when they are played."""

    def kept(match):
        sound = base64.b64decode(match[1])
        name = f"sounds/{hashlib.sha256(sound).hexdigest()[:12]}.wav"
        (static / "sounds").mkdir(exist_ok=True)
        (static / name).write_bytes(sound)
        return f'src="{root}/_static/{name}"'

    return re.sub('src="data:audio/wav;base64,([^"]+)"', kept, text)


def theme_scripts_last(text):
    """Load the theme's two scripts when the page stands: they measure it, and would lay it out half-built."""
    pattern = r'<script defer src="([^"]*(?:bootstrap|pydata-sphinx-theme)\.js[^"]*)"></script>'
    add = "".join(
        f'{{const s = document.createElement("script"); s.src = "{url}"; s.async = false; document.body.append(s);}}'
        for url in re.findall(pattern, text)
    )
    later = (
        f'<script>addEventListener("load", () => (window.requestIdleCallback || setTimeout)(() => {{{add}}}));</script>'
    )
    return re.sub(pattern, "", text).replace("</body>", f"{later}\n</body>")


def read_sheet(path, static):
    """A style sheet with its imports in place and its addresses relative to `static`."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'@import "([^"]+)";', lambda m: read_sheet((path.parent / m[1]).resolve(), static), text)

    def moved(match):
        if match[1].startswith(("data:", "#")):
            return match[0]
        target = os.path.relpath((path.parent / match[1]).resolve(), static.resolve())
        return f"url({target.replace(os.sep, '/')})"

    return re.sub(r"""url\(["']?([^)"']+)["']?\)""", moved, text)


def used_rules(css, words):
    """The rules whose classes all occur among `words`."""
    kept = []
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type == "qualified-rule":
            selectors = [s for s in split_selectors(tinycss2.serialize(rule.prelude)) if is_used(s, words)]
            if selectors:
                kept.append(f"{','.join(selectors)}{{{tinycss2.serialize(rule.content)}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
            inner = used_rules(tinycss2.serialize(rule.content), words)
            if inner:
                kept.append(f"@{rule.at_keyword} {tinycss2.serialize(rule.prelude).strip()}{{{inner}}}")
        elif rule.type == "at-rule":
            text = tinycss2.serialize([rule])
            kinds = {"fa-regular-400": {"fa-regular", "far"}, "fa-brands-400": {"fa-brands", "fab"}}
            if not any(font in text and not names & words for font, names in kinds.items()):
                kept.append(text)
    return "\n".join(kept)


def split_selectors(prelude):
    """A list of selectors at its commas, but not at those in parentheses."""
    return [s.strip() for s in re.split(r",(?![^(]*\))", prelude)]


def is_used(selector, words):
    """Whether all classes that the selector asks for occur; of what stands in `:is()`, one suffices."""
    asked = re.sub(r":not\([^)]*\)", "", selector)
    lists = r":(?:is|where)\(([^)]*)\)"
    if not all(any(is_used(s, words) for s in split_selectors(one)) for one in re.findall(lists, asked)):
        return False
    return all(name in words for name in re.findall(r"\.(-?[_a-zA-Z][\w-]*)", re.sub(lists, "", asked)))


def shrink_icons(static, css):
    """Keep the icons that the style sheet names."""
    codes = {ord(letter) for letter in re.findall("[\ue000-\uf8ff]", css)}  # the private area, where icons live
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it reports every table
    for file in (static / ICONS).glob("*.ttf"):
        font = ttLib.TTFont(file)
        options = subset.Options(layout_features=[], name_IDs=[], hinting=False)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=codes)
        subsetter.subset(font)
        font.flavor = "woff"
        font.save(file.with_suffix(".woff"))


def setup(app):
    """Register with Sphinx; after the other extensions, which write into the pages too."""
    app.connect("env-get-outdated", restyled)
    app.connect("build-finished", lighten, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
