"""What this machine offers: versions, extras, encoders, Label Studio, space, processor, encodings.

Nothing is changed, and nothing is asked over the network but the Label Studio that is known here.
"""

import importlib.util
import locale
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import StandfirstError

if TYPE_CHECKING:
    from .folder import StudyFolder

__all__ = ["EXTRAS", "Finding", "findings"]

EXTRAS = {
    "label-studio": (("label_studio",), "a local Label Studio: annotate start"),
    "fast": (("numba",), "compiled loops for the encoders hashed and hashed-pieces"),
    "backend": (("starlette", "uvicorn"), "suggestions while people code: annotate backend"),
    "s3": (("s3fs",), "articles and tags on s3://"),
    "ray": (("ray",), "tagging on a cluster: tag --engine ray"),
    "minilm": (("onnx", "onnxruntime", "tokenizers"), "the encoders minilm and mpnet"),
    "openvino": (("openvino",), "networks on the processor by OpenVINO: --device openvino"),
    "gpu": (("onnx", "onnxruntime", "tokenizers"), "networks on an NVIDIA GPU: --device cuda"),
    "torch": (("torch",), "fine-tuning: train --fine-tune"),
}
"""Extra to the modules that it brings, and what these are for."""

_FEATURES = {
    "AVX2": {"avx2"},
    "AVX-512": {"avx512f"},
    "VNNI": {"avx512_vnni", "avx_vnni", "asimddp"},
}
_PORTS = {8080: "annotate start", 9090: "annotate backend"}
_LITTLE_SPACE, _NO_SPACE = 5e9, 0.5e9
_LITTLE_MEMORY = 2e9


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    """What it is."""
    state: Literal["ok", "hint", "problem"]
    """`hint`: something does not work that may not be needed; `problem`: something is broken."""
    detail: str
    """What there is."""
    remedy: str = ""
    """What can be done; empty where nothing must."""

    def __str__(self) -> str:
        line = f"{self.state:8} {self.name:16} {self.detail}"
        return f"{line}; {self.remedy}" if self.remedy else line


def findings(study: "StudyFolder | None" = None) -> Iterator[Finding]:
    """Look at everything, one thing after the other.

    Parameters
    ----------
    study
        The study whose Label Studio and disk are looked at; None outside of one.
    """
    yield Finding("python", "ok", f"{platform.python_version()} ({sys.executable})")
    yield from _libraries()
    yield from _extras()
    yield from _encoders()
    server = _label_studio(study)
    yield server
    yield from _ports(is_running=server.state == "ok")
    yield _disk(study.root if study else Path.cwd())
    yield _processor()
    if _version("onnxruntime-gpu"):
        yield _gpu()
    yield _memory()
    yield from _encodings()


def _libraries() -> Iterator[Finding]:
    yield Finding("standfirst", "ok", f"{version('standfirst')} ({Path(__file__).parents[1]})")
    names = [
        re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
        for line in requires("standfirst") or ()
        if "extra ==" not in line
    ]
    missing = [name for name in names if not _version(name)]
    for name in ("scikit-learn", "numpy", "pyarrow", "datasets", "label-studio-sdk"):
        if number := _version(name):
            yield Finding(name, "ok", number)
    if missing:
        remedy = "install again: pip install --force-reinstall standfirst"
        yield Finding("libraries", "problem", f"not installed: {', '.join(missing)}", remedy)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _extras() -> Iterator[Finding]:
    for extra, (modules, purpose) in EXTRAS.items():
        # Its module has the name of the one that knows the processor only.
        is_other = extra == "gpu" and not _version("onnxruntime-gpu")
        if not is_other and all(importlib.util.find_spec(name) for name in modules):
            yield Finding(f"[{extra}]", "ok", purpose)
        else:
            remedy = f"if you need it: pip install 'standfirst[{extra}]'"
            yield Finding(f"[{extra}]", "hint", f"not installed ({purpose})", remedy)


def _encoders() -> Iterator[Finding]:
    from ..models.encoders.weights.on_disk import file_sha256, find_weights, is_pulled
    from ..models.encoders.weights.published import SOURCES

    for name in SOURCES:
        remedy = f"standfirst encoders pull {name}"
        if not is_pulled(name):
            yield Finding(name, "hint", "its weights are not here", f"if you need them: {remedy}")
            continue
        weights = find_weights(name)
        wrong = [
            file for file, digest in weights.sha256.items()
            if file_sha256(weights.folder / file) != digest
        ]  # fmt: skip
        if wrong:
            what = f"{weights.folder / wrong[0]} is not the published file"
            yield Finding(name, "problem", what, f"remove the folder, then: {remedy}")
        else:
            yield Finding(name, "ok", f"published weights in {weights.folder}")


def _label_studio(study: "StudyFolder | None") -> Finding:
    from ..annotate.label_studio.access import find_access
    from ..annotate.label_studio.connection import connect

    name, is_own = "label studio", not os.environ.get("LABEL_STUDIO_URL")
    file = (study.state if study else Path(".standfirst")) / "label-studio" / "access.json"
    try:
        access = find_access(file)
    except StandfirstError as error:
        if is_own and not os.environ.get("LABEL_STUDIO_API_KEY") and not file.exists():
            remedy = "annotate start runs one; or set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY"
            return Finding(name, "hint", "none is known here", remedy)
        return Finding(name, "problem", str(error))
    try:
        with connect(access, timeout=5.0) as server:
            return Finding(name, "ok", f"{server.version} at {server.url}, as {server.email}")
    except StandfirstError as error:
        return Finding(name, "hint" if is_own else "problem", str(error))


def _ports(*, is_running: bool) -> Iterator[Finding]:
    from ..annotate.label_studio.local_server import refuse_busy

    for port, command in _PORTS.items():
        name = f"port {port}"
        try:
            refuse_busy(port)
        except StandfirstError:
            remedy = "" if is_running else f"if it is not yours: standfirst {command} --port OTHER"
            yield Finding(name, "ok" if is_running else "hint", f"in use ({command})", remedy)
        else:
            yield Finding(name, "ok", f"free ({command})")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:,.1f} GB free at {folder}"
    if not os.access(folder, os.W_OK):
        return Finding(
            "disk", "problem", f"{folder} cannot be written to", "work in another folder"
        )
    if free < _NO_SPACE:
        return Finding("disk", "problem", detail, "make room")
    if free < _LITTLE_SPACE:
        return Finding("disk", "hint", detail, "torch and Label Studio take some gigabytes")
    return Finding("disk", "ok", detail)


def _processor() -> Finding:
    from ..models.threads import n_cores

    cores = f"{n_cores()} cores, {platform.machine()}"
    known = Path("/proc/cpuinfo")
    if not known.is_file():
        return Finding("processor", "ok", cores)
    flags = set(known.read_text(encoding="utf-8", errors="replace").split())
    has = [name for name, any_of in _FEATURES.items() if any_of & flags]
    lacks = [name for name in _FEATURES if name not in has]
    detail = f"{cores}; {', '.join(has) or 'no vector instructions that are looked for'}"
    if "VNNI" in lacks:
        return Finding("processor", "hint", f"{detail}; no VNNI", "8 bits (minilm-int8) gain less")
    return Finding("processor", "ok", detail)


def _gpu() -> Finding:
    from ..models.encoders.networks.devices import check_device

    try:
        check_device("cuda")
    except StandfirstError as error:
        return Finding("gpu", "hint", str(error))
    return Finding("gpu", "ok", "onnxruntime computes on it: --device cuda")


def _memory() -> Finding:
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    detail = f"{size / 1e9:,.1f} GB"
    if size < _LITTLE_MEMORY:
        return Finding("memory", "hint", detail, "use --processes 1")
    return Finding("memory", "ok", detail)


def _encodings() -> Iterator[Finding]:
    used = {
        "files": locale.getpreferredencoding(do_setlocale=False),
        "file names": sys.getfilesystemencoding(),
        "output": getattr(sys.stdout, "encoding", None) or "utf-8",
    }
    wrong = [f"{what} {name}" for what, name in used.items() if not re.match(r"(?i)utf-?8", name)]
    if wrong:
        remedy = "set the environment variable PYTHONUTF8=1"
        yield Finding("encoding", "problem", f"not UTF-8: {', '.join(wrong)}", remedy)
    else:
        yield Finding("encoding", "ok", f"UTF-8, locale {locale.setlocale(locale.LC_CTYPE)}")
