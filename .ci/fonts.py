"""Make the site's fonts, a file each of the letters that a page needs: python .ci/fonts.py FOLDER

FOLDER is where `npm install @fontsource-variable/source-serif-4 @fontsource-variable/source-sans-3
@fontsource-variable/source-code-pro` put its node_modules. "Source" is a reserved name, so what is
changed is called otherwise, as the SIL Open Font License asks; the licence lies beside the files.
"""

import io
import sys
from pathlib import Path

from fontTools import subset, ttLib
from fontTools.varLib import instancer

OUT = Path(__file__).parents[1] / "book/_static/fonts"
FIGURES = Path(__file__).parents[1] / "rnnbook/plots/serif.ttf"
ACCENTED = "ßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÄÅÇÉÖØÜıŒœ"
SIGNS = "\u00a0§©°±²³·×÷–—‘’“”„•…−↑↓\u2007\u2009\u202f"
LETTERS = [*range(0x20, 0x7F), *map(ord, ACCENTED + SIGNS)]
FEATURES = ["kern", "tnum", "lnum"]
FONTS = {
    "serif": ("source-serif-4", "normal", (400, 700)),
    "serif-italic": ("source-serif-4", "italic", 400),
    "sans": ("source-sans-3", "normal", (400, 700)),
    "mono": ("source-code-pro", "normal", (400, 700)),
}


def make(name, package, style, weights, folder):
    """Write one font."""
    file = folder / f"node_modules/@fontsource-variable/{package}/files/{package}-latin-wght-{style}.woff2"
    font = instancer.instantiateVariableFont(ttLib.TTFont(file), {"wght": weights})
    font.flavor = None
    plain = io.BytesIO()
    font.save(plain)
    font = ttLib.TTFont(io.BytesIO(plain.getvalue()))
    subsetter = subset.Subsetter(subset.Options(layout_features=FEATURES, hinting=False))
    subsetter.populate(unicodes=LETTERS)
    subsetter.subset(font)
    title = f"Book {name.replace('-', ' ').title()}"
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6, 16, 18, 21, 25):
            record.string = title.replace(" ", "") if record.nameID in (6, 25) else title
    font.flavor = "woff2"
    font.save(OUT / f"{name}.woff2")
    print(name, (OUT / f"{name}.woff2").stat().st_size, "bytes")


for name, (package, style, weights) in FONTS.items():
    make(name, package, style, weights, Path(sys.argv[1]))

# Matplotlib reads one weight, and no WOFF2
text = ttLib.TTFont(OUT / "serif.woff2", recalcTimestamp=False)
text.flavor = None
instancer.instantiateVariableFont(text, {"wght": 400}).save(FIGURES)
print("figures", FIGURES.stat().st_size, "bytes")
