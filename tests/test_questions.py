"""Questions in the text: in every chapter, answered in words, by mouse and keyboard, and on paper at the end."""

import re
from pathlib import Path

import nbformat
import pytest
from conftest import SITE

CHAPTERS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
QUESTION = re.compile(r"^::::\{admonition\} What will happen\?\n:class: question\n(.*?)\n^::::$", re.M | re.S)
CHOICE = re.compile(r"^:::\{dropdown\} (.+?)\n(.*?)\n^:::$", re.M | re.S)


def questions(chapter):
    cells = nbformat.read(chapter, 4).cells
    return [match[1] for cell in cells if cell.cell_type == "markdown" for match in QUESTION.finditer(cell.source)]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem[:2])
def test_a_chapter_asks_at_least_three_times_and_answers_every_choice_in_words(chapter):
    found = questions(chapter)
    assert len(found) >= 3
    for text in found:
        choices = CHOICE.findall(text)
        replies = [reply for _, reply in choices]
        assert len(choices) >= 3 and len({choice for choice, _ in choices}) == len(choices)
        assert sum(reply.startswith("Right") for reply in replies) == 1, text
        assert all(len(reply) > 35 for reply in replies if not reply.startswith("Right")), text


def test_the_right_choice_is_not_always_in_the_same_place():
    places = []
    for text in (text for chapter in CHAPTERS for text in questions(chapter)):
        replies = [reply for _, reply in CHOICE.findall(text)]
        places.append(next(k for k, reply in enumerate(replies) if reply.startswith("Right")))
    assert max(map(places.count, range(3))) < 0.6 * len(places)


PAGE = "notebooks/04-lstm-gate-by-gate.html"


@pytest.mark.skipif(not (SITE / PAGE).exists(), reason="the site is not built")
@pytest.mark.parametrize("scripts", [True, False])
def test_a_choice_opens_by_mouse_and_by_keyboard_without_scripts_too(browser, address, scripts):
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"{address}/{PAGE}")
    choices = page.locator(".question").first.locator("details")
    replies = choices.locator(".sd-card-body")
    assert choices.count() == 3 and not replies.nth(0).is_visible()
    choices.nth(0).locator("summary").click()
    assert replies.nth(0).is_visible() and not replies.nth(1).is_visible()
    choices.nth(1).locator("summary").press("Enter")
    assert replies.nth(1).is_visible()
    assert not page.locator(".rb-answers").is_visible()
    context.close()


@pytest.mark.skipif(not (SITE / PAGE).exists(), reason="the site is not built")
def test_on_paper_the_answers_stand_at_the_end(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/{PAGE}")
    page.emulate_media(media="print")
    answers = page.locator(".rb-answers")
    assert answers.is_visible() and answers.inner_text().count("Right") == page.locator(".question").count() >= 3
    assert not any(body.is_visible() for body in page.locator(".question .sd-card-body").all())
    assert page.locator(".question .rb-on-paper").first.is_visible()
    page.close()
