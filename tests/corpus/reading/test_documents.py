"""Documents, feeds, archives and downloads: articles come out, and what is not read is named."""

import json
import re
import zipfile
from pathlib import Path

import fsspec
import pytest

from standfirst.corpus import Article, Reject, read_articles

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OPEN = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
NEWER = (
    "Talks resume\nThe Post\nMay 2, 2023 Tuesday\n\nCopyright 2023 The Post\n\nSection: NEWS\n"
    "Byline: Ana Ruiz\n\nBody\n\nThey talk.\n\nNobody left.\n\nLoad-Date: May 3, 2023\n\n"
    "End of Document\n"
)


def read(path: Path) -> tuple[list[Article], list[Reject]]:
    records = list(read_articles([str(path)]))
    return (
        [record for record in records if isinstance(record, Article)],
        [record for record in records if isinstance(record, Reject)],
    )


def packed(path: Path, **parts: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)


def test_documents(tmp_path: Path) -> None:
    """Word, OpenDocument and RTF give their paragraphs; the first is the headline."""
    word = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in ("Talks", "They talk."))
    packed(tmp_path / "a.docx", word__document_xml=f'<w:d xmlns:w="{WORD}">{word}</w:d>')
    text = "<t:h>Talks</t:h><t:p>They <t:span>talk</t:span>.</t:p>"
    packed(tmp_path / "b.odt", content_xml=f'<d xmlns:t="{OPEN}">{text}</d>')
    (tmp_path / "c.rtf").write_text(r"{\rtf1 Talks\par\par They talk.}")

    articles, rejects = read(tmp_path)

    assert [(one.title, one.text.strip()) for one in articles] == [("Talks", "They talk.")] * 3
    assert rejects == []


def test_what_an_editor_shows_is_the_text(tmp_path: Path) -> None:
    """In its order; what was deleted or moved away, remarks, notes and second copies are not."""
    word = (
        "<w:p><w:r><w:t>They </w:t></w:r><w:del><w:r><w:t>never</w:t></w:r></w:del>"
        "<w:ins><w:r><w:t>talk</w:t></w:r></w:ins><w:moveFrom><w:t> now</w:t></w:moveFrom>"
        "<w:r><w:t>, twenty</w:t><w:noBreakHyphen/><w:t>two of them.</w:t></w:r></w:p>"
        "<w:p><w:r><m:AlternateContent><m:Choice><w:txbxContent><w:p><w:r><w:t>Facts</w:t></w:r></w:p>"
        "</w:txbxContent></m:Choice><m:Fallback><w:p><w:r><w:t>Facts</w:t></w:r></w:p></m:Fallback>"
        "</m:AlternateContent></w:r><w:r><w:t>Nobody left.</w:t></w:r></w:p>"
    )
    alternate = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    names = f'xmlns:w="{WORD}" xmlns:m="{alternate}"'
    packed(tmp_path / "a.docx", word__document_xml=f"<w:d {names}>{word}</w:d>")
    text = (
        "<t:tracked-changes><t:deletion><t:p>Never.</t:p></t:deletion></t:tracked-changes>"
        "<t:p>They <t:span>t<t:a>al</t:a>k</t:span>,<o:annotation><t:p>Who?</t:p></o:annotation> "
        "twenty<t:note><t:note-body><t:p>A note.</t:p></t:note-body></t:note>-two of them.</t:p>"
        "<t:p><w:frame><w:text-box><t:p>Facts</t:p></w:text-box></w:frame>Nobody left.</t:p>"
    )
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (("t", "text"), ("o", "office"), ("w", "drawing"))
    )
    packed(tmp_path / "b.odt", content_xml=f"<d {names}>{text}</d>")
    (tmp_path / "c.rtf").write_text(
        r"{\rtf1 They {\f0\deleted\revauthdel1 \'93never\'94 }talk,{\v who?}{\footnote A note.} "
        r"{\v0 twenty}-two of them.\par\par Facts\par\par Nobody left.}"
    )
    articles, rejects = read(tmp_path)

    wanted = ["They talk, twenty-two of them.", "Facts", "Nobody left."]
    assert [re.split(r"\n{2,}", one.text.strip()) for one in articles] == [wanted] * 3
    assert rejects == []


def test_no_entity_is_resolved(tmp_path: Path) -> None:
    """Neither a file of the machine nor a million laughs come out of a document or a feed."""
    (tmp_path / "secret").write_text("secret")
    entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    text = "<t:p>They talk. &x;</t:p>"
    packed(tmp_path / "b.odt", content_xml=f'{entity}<d xmlns:t="{OPEN}">{text}</d>')
    (tmp_path / "c.rss").write_text(
        f"{entity}<rss><channel><item><description>Ok. &x;</description></item></channel></rss>"
    )

    for name in ("b.odt", "c.rss"):
        articles, rejects = read(tmp_path / name)
        assert "secret" not in f"{articles}{rejects}".replace(str(tmp_path), "")


def test_feeds(tmp_path: Path) -> None:
    """Items of RSS and entries of Atom are articles; the full text is preferred to the teaser."""
    item = (
        "<title>Talks</title><link>https://a.example/1</link><description>Teaser</description>"
        "<pubDate>Mon, 06 Nov 2023 08:00:00 +0000</pubDate>"
        "<c:encoded>&lt;p&gt;They talk.&lt;/p&gt;</c:encoded>"
    )
    (tmp_path / "a.xml").write_text(
        '<rss xmlns:c="http://purl.org/rss/1.0/modules/content/"><channel><title>Post</title>'
        f"<item>{item}</item></channel></rss>"
    )
    (tmp_path / "b.atom").write_text(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire</title><entry><title>Court</title>'
        "<updated>2023-11-06T08:00:00Z</updated><summary>It ruled.</summary></entry></feed>"
    )

    (rss,), _ = read(tmp_path / "a.xml")
    (atom,), _ = read(tmp_path / "b.atom")

    assert (rss.title, rss.text, rss.outlet) == ("Talks", "They talk.", "Post")
    assert (rss.url, rss.published) == ("https://a.example/1", "2023-11-06T08:00:00+00:00")
    assert (atom.text, atom.outlet, atom.published) == (
        "It ruled.", "Wire", "2023-11-06T08:00:00Z"
    )  # fmt: skip


def test_wrapped_lists(tmp_path: Path) -> None:
    """The list of records is found inside its wrapper; an object alone is one record."""
    articles = [{"text": "One."}, {"text": "Two."}]
    (tmp_path / "a.json").write_text(json.dumps({"status": "ok", "articles": articles}))
    (tmp_path / "b.json").write_text(json.dumps({"text": "Three.", "tags": ["a"]}))

    texts = [article.text for article in read(tmp_path)[0]]

    assert texts == ["One.", "Two.", "Three."]


def test_a_download_of_lexisnexis(tmp_path: Path) -> None:
    """Each of its articles has its own title, outlet, date and fields."""
    (tmp_path / "a.txt").write_text(NEWER * 2)

    articles, _ = read(tmp_path / "a.txt")

    assert [(one.title, one.outlet, one.published, one.record) for one in articles] == [
        ("Talks resume", "The Post", "2023-05-02", 1),
        ("Talks resume", "The Post", "2023-05-02", 2),
    ]
    assert articles[0].text == "They talk.\n\nNobody left."
    assert articles[0].meta["byline"] == "Ana Ruiz"


def test_archives_and_what_is_not_read(tmp_path: Path) -> None:
    """The files of an archive are read by their suffix; each file that is not read has a reason."""
    packed(tmp_path / "a.zip", news__a_txt="They talk.", b_csv="text\nOne.\n", c_bin="x")
    for name in ("b.doc", "c.png", "d.pdf", "e.docx", "f.xls", "g.xml"):
        (tmp_path / name).write_bytes(b"\x00 nothing")

    articles, rejects = read(tmp_path)

    assert sorted(article.text for article in articles) == ["One.", "They talk."]
    assert sorted(Path(reject.file).name for reject in rejects) == [
        "b.doc", "c.bin", "c.png", "d.pdf", "e.docx", "f.xls", "g.xml"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["t.ods", "n.numbers", "m.eml", "m.mbox", "m.msg", "b.epub", "p.pages", "i.jpg", "s.key"],
)
def test_kinds_that_are_not_read(name: str, tmp_path: Path) -> None:
    """In a folder, an archive or a store, or by its name: a reason, and what to do instead."""
    store = fsspec.filesystem("memory")
    (tmp_path / "news").mkdir()
    for file, content in (
        (name, b"\xd0\xcf\x11\xe0 From: a"),
        ("x.unknown", b"?"),
        ("a.txt", b"A."),
    ):
        (tmp_path / "news" / file).write_bytes(content)
        store.pipe(f"/{name}/{file}", content)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in (tmp_path / "news").iterdir():
            archive.write(path, path.name)
    for given in (tmp_path / "news", tmp_path / "a.zip", f"memory://{name}"):
        records = [*read_articles([str(given)])]
        reasons = {Path(r.file).name: r.reason for r in records if isinstance(r, Reject)}

        assert re.search("which (is|are) not read: |text recognition: ", reasons[name])
        assert reasons.keys() == {name, "x.unknown"}
        assert len(records) == 3
    (named,) = read_articles([str(tmp_path / "news" / name)])

    assert isinstance(named, Reject)
