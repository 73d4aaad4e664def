"""Downloads of Factiva: many articles in one file, each with its fields."""

from pathlib import Path

import pytest

from standfirst.corpus import Article, read_articles

NUMBERS = ("POST000020230502ej5200001", "TIMS000020230503ej530000b")
CODED = """\
SE{s}News
HD{s}Talks resume
BY{s}Ana Ruiz
WC{s}12 words
PD{s}2 May 2023
SN{s}The Post
SC{s}POST
LA{s}English
CY{s}Copyright 2023. All rights reserved.
LP{s}They talk about money.

IN short, nobody left.
TD{s}RE the minister: she stayed.

The end of it.
NS{s}gpol : Domestic Politics | gcat : Political/General News
AN{s}Document {number}
"""
DISPLAY = """\
Talks resume
Ana Ruiz
12 words
2 May 2023
08:05
The Post
POST
English
Copyright 2023. All rights reserved.

They talk about money.

IN short, nobody left.

RE the minister: she stayed.

The end of it.

Document {number}
"""
BODY = "They talk about money.\n\nIN short, nobody left.\n\nRE the minister: she stayed.\n\n"


def coded_page(number: str) -> str:
    rows = "".join(
        f"<tr><td class='index'><b>{code}</b>&nbsp;</td><td>{value}</td></tr>"
        for code, value in (
            *(("HD", "<span class='enHeadline'>Talks resume</span>"), ("BY", "Ana Ruiz")),
            *(("PD", "2 May 2023"), ("SN", "The Post"), ("LA", "English")),
            ("LP", "<p>They talk about money.</p><p>IN short, nobody left.</p>"),
            ("TD", "<p>RE the minister: she stayed.</p><p>The end of it.</p>"),
            ("AN", f"Document {number}"),
        )
    )
    return f"<div class='article enArticle'><p></p><table>{rows}</table></div>"


def display_page(number: str) -> str:
    head, *body = DISPLAY.format(number=number).strip().split("\n\n")
    divs = "".join(f"<div>{line}</div>" for line in head.split("\n"))
    paragraphs = "".join(f"<p class='articleParagraph'>{one}</p>" for one in body[:-1])
    return f"<div class='article enArticle'>{divs}{paragraphs}<p>{body[-1]}</p></div>"


FORMS = {
    "own_lines.txt": lambda n: CODED.format(s="\n", number=n),
    "spaces.txt": lambda n: CODED.format(s="  ", number=n),
    "tabs.txt": lambda n: CODED.format(s="\t", number=n),
    "bars.txt": lambda n: CODED.format(s="|", number=n),
    "display.txt": lambda n: DISPLAY.format(number=n),
    "coded.html": coded_page,
    "display.html": display_page,
}


@pytest.mark.parametrize("name", FORMS)
def test_a_download_is_split(name: str, tmp_path: Path) -> None:
    """Title, outlet, date and number are fields; words that look like codes stay in the text."""
    content = "".join(map(FORMS[name], NUMBERS))
    page = f"<html><body>{content}</body></html>" if name.endswith("html") else content
    (tmp_path / name).write_text(page)
    articles = [one for one in read_articles([str(tmp_path / name)]) if isinstance(one, Article)]

    assert [one.id for one in articles] == list(NUMBERS)
    for one in articles:
        assert (one.title, one.outlet, one.published) == ("Talks resume", "The Post", "2023-05-02")
        assert one.language == "en"
        assert one.text == f"{BODY}The end of it."
        assert one.meta["byline"] == "Ana Ruiz"


@pytest.mark.parametrize("text", ["HD\nTalks\n\nThey talk.", "PD 4\nSN 5\nTD 6", "Document A1"])
def test_other_texts_stay_whole(text: str, tmp_path: Path) -> None:
    """A line that looks like a code makes no download."""
    (tmp_path / "a.txt").write_text(text)
    (article,) = read_articles([str(tmp_path / "a.txt")])

    assert isinstance(article, Article)
    assert article.text == text
