"""Lessons, links and remote parts: every page is checked, and a copy that breaks it."""

import pytest

from tests.house import elsewhere, lessons, links
from tests.house.copies import GOOD, cell, lesson
from tests.house.lessons import ROOT


def listed(complaints):
    """One line for each complaint, for pytest to show."""
    return "\n".join(
        f"{path.relative_to(ROOT)} {words}"
        for path, found in complaints
        for words in found
    )


# lessons ------------------------------------------------------------------------------


def test_every_lesson_is_within_the_limits():
    found = [(path, lessons.complaints(path)) for path in lessons.lessons()]
    assert not listed(found), listed(found)


def test_a_lesson_at_the_limits_passes(tmp_path):
    formula = "$$a + b + c$$ " * 2 + "[link](../a/very/long/address) – 1."
    extra = [
        cell("word " * 60),
        cell("word " * 56 + formula),
        cell("x = 1\n\n" * 12, "code"),
        cell("x" * 88, "code"),
    ]
    assert lessons.complaints(lesson(tmp_path, extra)) == []
    start = lesson(tmp_path, count=12, name="0_start_here.ipynb")
    assert lessons.complaints(start) == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"count": 39}, "has 39 cells"),
        ({"count": 81}, "has 81 cells"),
        ({"extra": [cell("word " * 61)]}, "cell a has 61 words"),
        ({"extra": [cell("x = 1\n" * 13, "code")]}, "cell a has 13 lines"),
        ({"extra": [cell("x" * 89, "code")]}, "cell a is 89 columns"),
        ({"course": None}, "no metadata"),
        ({"course": {**GOOD, "minutes": "30"}}, "takes '30' minutes"),
        ({"course": {**GOOD, "minutes": 90}}, "takes 90 minutes"),
        ({"course": {**GOOD, "objectives": ["a", "b"]}}, "three objectives"),
        ({"course": {**GOOD, "prerequisites": "1.1"}}, "prerequisites"),
        ({"course": {**GOOD, "prerequisites": []}}, "prerequisites"),
    ],
)
def test_a_lesson_over_a_limit_is_found(options, why, tmp_path):
    (complaint,) = lessons.complaints(lesson(tmp_path, **options))
    assert why in complaint


# links --------------------------------------------------------------------------------


def test_every_link_inside_the_repository_leads_somewhere():
    found = [(path, links.complaints(path)) for path in links.pages()]
    assert not listed(found), listed(found)


GOOD_LINKS = """
# A page, `with` a Heading
[here](#a-page-with-a-heading), [a](../notebooks/1_x/1.1_x.ipynb#In-the-lesson),
![picture](<picture.png>), <a id="named"></a> [named](#named), [web](https://doi.org/1),
`[code](none.md)`, [folder](.), [r][1]

```
[code](none.md)
```

[1]: picture.png
"""


def test_good_links_pass_and_broken_ones_are_found(tmp_path):
    lesson(tmp_path, [cell("## In the lesson\n[up](../../docs/page.md)")])
    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    page.write_text(GOOD_LINKS, encoding="utf-8")
    (page.parent / "picture.png").touch()
    assert set(links.pages(tmp_path)) == {page, *lessons.lessons(tmp_path)}
    for path in links.pages(tmp_path):
        assert links.complaints(path, tmp_path) == []
    for broken in (
        "[x](none.md)",
        "[x](#no-such-heading)",
        "[x](../notebooks/1_x/1.1_x.ipynb#nowhere)",
        "[x](/docs/page.md)",
        "[x](../../outside.md)",
        '<img src="none.png">',
        "[![badge](none.svg)](page.md)",
        "[r][1]\n\n[1]: none.md",
    ):
        page.write_text(broken, encoding="utf-8")
        assert links.complaints(page, tmp_path), broken
    at_fault = lesson(tmp_path, [cell("[gone](1.9_gone.ipynb)")])
    assert "1.9_gone" in links.complaints(at_fault, tmp_path)[0]


# nothing from elsewhere ---------------------------------------------------------------


def test_nothing_is_fetched_from_elsewhere():
    found = [(path, elsewhere.complaints(path)) for path in elsewhere.files()]
    assert not listed(found), listed(found)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("![x](https://a.org/x.png)", "markdown"),
        ('<img alt="x" src="//a.org/x.png">', "markdown"),
        ("<script src='https://a.org/x.js'></script>", "markdown"),
        ('<link rel="stylesheet" href="https://a.org/x.css">', "markdown"),
        ("<style>@import url('https://a.org/x.css')</style>", "markdown"),
        ("<style>a {src: url(https://a.org/x.woff)}</style>", "markdown"),
        ("from urllib.request import urlopen", "code"),
        ("import requests", "code"),
        ("torch.hub.load('x', 'y')", "code"),
        ("MNIST('.', download=True)", "code"),
        ("AutoModel.from_pretrained('x')", "code"),
        ("!pip install x", "code"),
        ("%pip install x", "code"),
    ],
)
def test_each_way_of_fetching_is_found(text, kind, tmp_path):
    path = lesson(tmp_path, [cell(text, kind)])
    assert elsewhere.files(tmp_path) == [path]
    assert elsewhere.complaints(path), text


def test_a_plain_link_is_no_fetching(tmp_path):
    text = "See [the paper](https://arxiv.org/abs/1409.0473), <https://doi.org/1>."
    assert elsewhere.complaints(lesson(tmp_path, [cell(text)])) == []
