"""The pages of the package: what is public in a module is documented without being named there."""

import importlib
import inspect

from rnnbook_verdicts import parsed
from sphinx.util.docutils import SphinxDirective

import rnnbook


def public(module):
    """The public classes and functions of a module, each with the shortest name by which one can import it.

    Those in its ``__all__``; of a module without one, those that it defines and documents.
    """
    one = importlib.import_module(module)
    own = [n for n, value in vars(one).items() if n[0] != "_" and getattr(value, "__module__", "") == module]
    names = getattr(one, "__all__", own)
    values = {name: getattr(one, name) for name in names}
    documented = {n: v for n, v in values.items() if (inspect.isclass(v) or inspect.isfunction(v)) and v.__doc__}
    return {
        (f"rnnbook.{n}" if getattr(rnnbook, n, None) is value else f"{module}.{n}"): value
        for n, value in documented.items()
    }


def methods(one):
    """What a class adds to its kind: of a cell, what `Cell` has not."""
    known = vars(rnnbook.Cell) if issubclass(one, rnnbook.Cell) and one is not rnnbook.Cell else {}
    ours = [c for c in one.__mro__ if c.__module__.startswith("rnnbook") and c is not rnnbook.Cell]
    names = {n: None for c in ours for n, v in vars(c).items() if callable(v) and getattr(v, "__doc__", None)}
    return [n for n in names if n not in known and (n[0] != "_" or n == "__call__")]


class Public(SphinxDirective):
    """``{public} rnnbook.cells``: all that `public` finds there, but what stands in the option `but`."""

    required_arguments = 1
    option_spec = {"but": str.split}  # noqa: RUF012

    def run(self):
        """Write what autodoc reads, and let the parser read it."""
        lines = ["```{eval-rst}", ".. currentmodule:: rnnbook", ""]
        for name, value in public(self.arguments[0]).items():
            if name.rsplit(".", 1)[1] in self.options.get("but", ()):
                continue
            lines.append(f".. auto{'class' if inspect.isclass(value) else 'function'}:: {name}")
            if inspect.isclass(value) and issubclass(value, rnnbook.Cell):
                lines += [f"   :members: {', '.join(methods(value))}"] if methods(value) else []
            elif inspect.isclass(value):
                lines += ["   :members:", "   :special-members: __call__"]
        self.env.note_dependency(inspect.getfile(importlib.import_module(self.arguments[0])))
        return parsed(self, [*lines, "```"], "rb-public")


def setup(app):
    """Register with Sphinx."""
    app.add_directive("public", Public)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
