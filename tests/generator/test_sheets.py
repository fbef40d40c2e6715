"""Sheets: every word of the bank can be set in every format, and says the same in each."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from generator.bank import Bank
from generator.errors import SheetError
from generator.pictures import figures, worked_figures
from generator.sheets import formulas, html, latex, markdown, text, tikz, typst
from generator.sheets.document import (
    Display,
    Document,
    Figure,
    Formula,
    Items,
    NewPage,
    Paragraph,
    Space,
    Words,
)
from generator.sheets.sheet import WRITERS, Sheet

BANK = Bank.load()
SLUGS = sorted(BANK.by_slug)

# LaTeX, plain text, Typst
FORMULAS = [
    (r"\frac{\partial J}{\partial w} = \frac{1}{m} X (a - y)^{\top}", "∂J/∂w = (1/m) X (a − y)ᵀ"),
    (r"dz^{[2]} = W^{[3]\top} dz^{[3]}", "dz[2] = W[3]ᵀ dz[3]"),
    (r"\hat{y} = \sigma(z)", "ŷ = σ(z)"),
    (r"-\frac{y}{a} + \frac{1 - y}{1 - a}", "−y/a + (1 − y)/(1 − a)"),
    (r"n \times m", "n × m"),
    (r"\begin{pmatrix} 1 & -2 \\ 3 & 4 \end{pmatrix}", "(1, −2; 3, 4)"),
    (r"\sum_{i=1}^{m} x^{(i)}", "∑_{i=1}^m x^(i)"),
    (r"\frac{1}{m} \sum_{i,j} G_{ij}", "(1/m) ∑_{i,j} G_{ij}"),
    (r"\sum_{j} (W X)_{:,j}", "∑_j (W X)_{:,j}"),
    (r"a^{[2]}_{1}", "a[2]₁"),
    (r"\mathrm{dLdZ} \, c_{\mathrm{prev}}^{\top}", "dLdZ c_prevᵀ"),
    (r"-\operatorname{log}(\mathrm{probs})", "−log(probs)"),
    (r"\frac{1}{m} (a - y) + \frac{1}{2}", "(1/m) (a − y) + 1/2"),
    (r"\sqrt{x + 1}", "√(x + 1)"),
    (r"\sin(2 x)", "sin(2 x)"),
    (r"t = 1, \dots, 3", "t = 1, …, 3"),
    (
        r"\begin{cases} z & \text{if } z > 0 \\ 0 & \text{otherwise} \end{cases}",
        "(z if z > 0; 0 otherwise)",
    ),
]


@pytest.mark.parametrize(("latex", "said"), FORMULAS)
def test_a_formula_in_a_line(latex: str, said: str) -> None:
    assert formulas.plain(latex) == said


def test_a_formula_that_is_none_is_refused() -> None:
    with pytest.raises(SheetError, match="cannot be read"):
        formulas.mathml(r"\frac{1}{")


MARKDOWN = """\
Words, *more* **words** and `code` about $z$.

$$z = w^{\\top} x$$

- one
- two, $y$"""


def test_markdown_becomes_blocks_and_comes_back() -> None:
    blocks = markdown.blocks(MARKDOWN)
    assert blocks == (
        Paragraph(
            (
                Words("Words, "),
                Words("more", "emphasis"),
                Words(" "),
                Words("words", "strong"),
                Words(" and "),
                Words("code", "code"),
                Words(" about "),
                Formula("z"),
                Words("."),
            )
        ),
        Display(r"z = w^{\top} x"),
        Items(
            (
                (Paragraph((Words("one"),)),),
                (Paragraph((Words("two, "), Formula("y"))),),
            )
        ),
    )
    assert markdown.written(Document("", blocks)).strip() == MARKDOWN


@pytest.mark.parametrize("wild", ["# heading", "<b>html</b>", "![a](b)", "> quoted"])
def test_markdown_that_templates_do_not_use_is_refused(wild: str) -> None:
    with pytest.raises(SheetError, match="no rule sets"):
        markdown.blocks(wild)


@pytest.mark.parametrize("slug", SLUGS)
def test_every_word_of_the_bank_can_be_set(slug: str) -> None:
    exercise = BANK.exercise(slug, 1)
    for solved in (False, True):
        document = Sheet(exercise.title, (exercise,), solved=solved).document
        for _, write in WRITERS.values():
            assert write(document)


def test_a_student_sheet_has_no_answer() -> None:
    exercise = BANK.exercise("logistic-batch", 0)
    asked = text.written(Sheet("t", (exercise,)).document)
    solved = text.written(Sheet("t", (exercise,), solved=True).document)
    answer = "∂J/∂w = (1/m) X (a − y)ᵀ"
    assert answer in solved and answer not in asked


def test_the_same_sheet_is_the_same_pdf() -> None:
    exercise = BANK.exercise("scalar-matrix", 0)
    document = Sheet("t", (exercise,), learner="Ada").document
    first = typst.pdf(document)
    typst._compiler.cache_clear()
    assert typst.pdf(document) == first
    assert first.startswith(b"%PDF-") and b"/MarkInfo" in first and b"/StructTreeRoot" in first


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title id="t">x</title></svg>'


def test_a_page_is_well_formed_and_needs_nothing_else() -> None:
    blocks = (Figure(SVG, "A <net>", "one & two"), Space(3), NewPage(), Display("a < b"))
    page = html.written(Document("A & B", blocks))
    ET.fromstring(re.sub(r"<(meta[^>]*)>", r"<\1/>", page.removeprefix("<!doctype html>\n")))
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|@import|<link", page)


def test_hostile_words_are_words_everywhere() -> None:
    hostile = r"""#include("x") $a$ \input{y} <b> [z] @w ~ % & _ ^ {q} "p" 'r' *s* `t` = /"""
    document = Document(hostile, (Paragraph((Words(hostile),)),))
    for name, (_, write) in WRITERS.items():
        assert write(document), name
    assert "&lt;b&gt;" in html.written(document)


def test_what_follows_a_formula_is_text() -> None:
    """In Typst a bracket, a dot or a semicolon behind an expression would belong to it."""
    after = ("; then", "(x)", "[y]", ".first", ": z")
    lines = tuple(Paragraph((Formula("a"), Words(each))) for each in after)
    source = typst.written(Document("t", lines))
    assert source.count("$a$);") == len(after)
    assert typst.pdf(Document("t", lines))


def test_a_picture_in_latex_says_what_the_svg_says() -> None:
    (figure,) = figures(BANK.exercise("shallow-network", 0))
    drawn = tikz.picture(figure.svg)
    assert drawn.count(r"\node") == figure.svg.count("<text")
    assert drawn.count("circle[") == figure.svg.count("<circle")
    assert "${a}^{[" not in drawn and "$a$" in drawn and "$[1]$" in drawn
    assert drawn.isascii()


@pytest.mark.parametrize("slug", SLUGS)
def test_a_picture_in_latex_needs_no_letter_that_latex_lacks(slug: str) -> None:
    for figure in worked_figures(BANK.exercise(slug, 1)):
        assert tikz.picture(figure.svg).isascii()


LONG = " + ".join(rf"\left(\frac{{x_{{{at}}}}}{{2}} + a \odot b\right)" for at in range(12))


def test_a_long_formula_is_broken_before_signs() -> None:
    document = Document("Long", (Display(f"y = {LONG}"), Display("y = x")))
    assert r"\left" not in latex.written(document)
    assert latex.written(document).count(r"\begin{flushleft}") == 1
    page = html.written(document)
    assert page.count("<math") > 12 and page.count('class="display wide"') == 1
    assert "#wide[" in typst.written(document)
