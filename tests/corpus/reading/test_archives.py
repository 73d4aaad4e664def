"""Archives: their files are read as if they stood on disk, and what is not read is named."""

import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from standfirst.corpus import Article, Reject, read_articles

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = b"id,text\na,Talks resume.\nb,They talk.\n"


def read(path: Path) -> tuple[list[str], dict[str, str]]:
    """Give the texts, and the reasons by the names of files inside the archive."""
    records = list(read_articles([str(path)]))
    rejects = [one for one in records if isinstance(one, Reject)]
    return (
        [one.text for one in records if isinstance(one, Article)],
        {one.file.removeprefix(str(path)): one.reason for one in rejects},
    )


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return out.getvalue()


def tarred(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name.replace("_", "."))
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    return out.getvalue()


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.xz", "a.tgz", "a"])
def test_compressed_files_and_archives_inside(name: str, tmp_path: Path) -> None:
    """Compressed files and archives in an archive are read; a third archive is named."""
    inner = zipped(c_txt=b"In a zip.", d_zip=zipped(e_txt=b"Too deep."))
    files = {"a_csv_gz": gzip.compress(ROWS), "b_zip": inner, "c_tar_gz": gzip.compress(tarred())}
    content = zipped(**files) if name == "a.zip" else tarred(**files)
    pack: dict[str, Callable[[bytes], bytes]] = {
        "gz": gzip.compress,
        "tgz": gzip.compress,
        "xz": lzma.compress,
    }
    (tmp_path / name).write_bytes(pack.get(name.rpartition(".")[2], bytes)(content))
    texts, reasons = read(tmp_path / name)

    assert texts == ["Talks resume.", "They talk.", "In a zip."]
    assert "in an archive in an archive" in reasons["/b.zip/d.zip"]
    assert reasons["/c.tar.gz/link.txt"] == "a link or a device, and no file"


@pytest.mark.parametrize("size", [1024, 1500, 2048])
def test_a_tar_that_was_cut(size: int, tmp_path: Path) -> None:
    """It is told, also where it was cut between two of its files."""
    (tmp_path / "a.tar").write_bytes(tarred(a_csv=ROWS, b_csv=ROWS, c_csv=ROWS)[:size])
    texts, reasons = read(tmp_path / "a.tar")

    assert texts[:2] == ["Talks resume.", "They talk."]
    assert any("broken archive" in reason for reason in reasons.values())


def test_members_that_cannot_be_read(tmp_path: Path) -> None:
    """An archive that is broken, and one that is no archive, are a reject each."""
    (tmp_path / "a.zip").write_bytes(zipped(a_csv=ROWS, b_zip=b"no zip", c_tar=b"no tar" * 200))
    texts, reasons = read(tmp_path / "a.zip")

    assert texts == ["Talks resume.", "They talk."]
    assert sorted(reasons) == ["/b.zip", "/c.tar"]
    assert all("broken archive" in reason for reason in reasons.values())


def test_a_file_without_a_name(tmp_path: Path) -> None:
    """It is told by its content, as any file without a suffix is."""
    (tmp_path / "a.zip").write_bytes(zipped(NAMELESS=ROWS).replace(b"NAME", b"\0AME"))

    assert read(tmp_path / "a.zip") == (["Talks resume.", "They talk."], {})


def test_an_archive_whose_beginning_is_gone(tmp_path: Path) -> None:
    """What its table of contents points to lies before the file: one reject each, and no end."""
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(b_txt=b"Talks resume.", c_txt=b"They talk.")[19:])
    texts, reasons = read(path)

    assert "Talks resume." not in texts
    assert reasons
