"""Run the notebooks of the docs, keep what they print, and write their pages.

    python docs/notebooks.py [NAME ...]

Each notebook of ``docs/notebooks`` is run from top to bottom in an empty folder, offline and by
counted words; its outputs are stored in it. `notebook_page` makes the page of the site out of a
stored notebook; ``docs/make.py`` writes it, and checks that it is current. nbconvert was the other
choice for that; it brings twenty packages, and its pages have no marks that name the test.
"""

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat

__all__ = ["FOLDER", "executed", "notebook_page", "shown"]

FOLDER = Path(__file__).parent / "notebooks"
MARK = "<!-- run by tests/docs/test_notebooks.py -->"
_STYLE = re.compile(r"<style.*?</style>\s*", re.DOTALL)
_CLOSED = re.compile(r"<(circle|ellipse|line|path|polygon|polyline|rect)\b([^<>]*?)\s*/>")


def executed(path: Path, home: Path) -> Any:
    """Run a notebook in an empty folder.

    Parameters
    ----------
    path
        The notebook; it is not written to.
    home
        The folder; nothing outside of it is used as Standfirst's home.
    """
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    os.environ |= {"STANDFIRST_HOME": str(home / "home"), "HF_HUB_OFFLINE": "1"}
    # Progress bars of other libraries ask for widgets, which nothing here needs.
    os.environ["PYTHONWARNINGS"] = "ignore:IProgress not found"
    (home / "work").mkdir(parents=True)
    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3",
        resources={"metadata": {"path": str(home / "work")}},
    )  # fmt: skip
    made = client.execute()
    for cell in made.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            _without_place(output, str(home / "work"))
    return made


def shown(cell: Any) -> list[str]:
    """Give what a cell prints, as text: streams, and values in their short form."""
    parts = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        parts += [output.get("text") or data.get("text/plain", "")]
    return [line.rstrip() for part in parts for line in part.splitlines() if line.strip()]


def notebook_page(path: Path) -> str:
    """Make the page of a stored notebook."""
    notebook = nbformat.read(path, as_version=4)
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"{MARK}\n```python\n{cell.source}\n```")
        for output in cell.outputs:
            html = output.get("data", {}).get("text/html")
            if html:
                # Blank lines would end the block of HTML, and what closes itself falls out of it.
                lines = _CLOSED.sub(r"<\1\2></\1>", _STYLE.sub("", html)).splitlines()
                parts.append("\n".join(line.strip() for line in lines if line.strip()))
            else:
                text = output.get("text") or output.get("data", {}).get("text/plain", "")
                parts.append(f"```text\n{text.rstrip()}\n```")
    parts.insert(1, f"Download: [{path.name}]({path.name}).")
    return "\n\n".join(parts) + "\n"


def _without_place(output: Any, folder: str) -> None:
    """Leave out where the notebook was run."""
    if "text" in output:
        output["text"] = output["text"].replace(f"{folder}/", "").replace(folder, ".")
    for kind, value in output.get("data", {}).items():
        output["data"][kind] = value.replace(f"{folder}/", "").replace(folder, ".")


def main() -> int:
    """Run the notebooks that are named, or all, and store their outputs."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        if sys.argv[1:] and path.stem not in sys.argv[1:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            made = executed(path, Path(folder).resolve())
        nbformat.write(made, path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
