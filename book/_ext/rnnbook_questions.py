"""Questions in the text: on paper nothing opens, so there the right answers stand at the end of the chapter.

A question is an admonition of the class "question" with a dropdown for each choice; one reply begins with "Right".
That is plain MyST, which JupyterLab shows in the same way.
"""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

WHERE = "The answer stands at the end of the chapter."


class Answers(SphinxPostTransform):
    """Put the right answers of a page's questions at its end, for print."""

    default_priority = 100  # before sphinx-design makes HTML of its dropdowns
    formats = ("html",)

    def run(self, **_):
        """Collect the right choices."""
        found = []
        for question in self.document.findall(nodes.admonition):
            if "question" not in question["classes"]:
                continue
            choices = [
                c for c in question.findall(nodes.container) if c.attributes.get("design_component") == "dropdown"
            ]
            right = [c for c in choices if c.children[-1].astext().startswith("Right")]
            if len(right) != 1:
                raise ValueError(f"a question in {self.env.docname} has {len(right)} right answers, not one")
            asked = next(question.findall(nodes.paragraph))
            found.append((asked, right[0]))
            question += nodes.paragraph("", "", nodes.emphasis("", WHERE), classes=["rb-on-paper"])
        if not found:
            return
        answers = nodes.container(classes=["rb-on-paper", "rb-answers"])
        answers += nodes.paragraph("", "", nodes.strong("", "Answers to the questions"))
        for asked, choice in found:
            title, reply = choice.children[0], choice.children[-1]
            said = nodes.paragraph("", "", *[child.deepcopy() for child in asked.children], nodes.Text(" "))
            said += nodes.strong("", "", *[child.deepcopy() for child in title.children])
            said += nodes.Text(". ")
            said += [child.deepcopy() for child in reply.children]
            answers += said
        self.document.children[-1] += answers


def setup(app):
    """Register with Sphinx."""
    app.add_post_transform(Answers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
