"""Take the pictures of the tutorial, and renew the figures that it shows.

    python docs/pictures.py

The test of the tutorial walks it with a real Label Studio and Chromium; this keeps what it saw.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

DOCS = Path(__file__).parent
TO = DOCS / "images" / "tutorial"


def main() -> int:
    """Walk the tutorial, and write pictures and page."""
    words = [sys.executable, "-m", "pytest", "-q", "tests/docs/test_tutorial.py", "-k", "prints"]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "STANDFIRST_ARTEFACTS": folder}
        walked = subprocess.run(words, cwd=DOCS.parent, env=environment, check=False)
        if walked.returncode:
            return walked.returncode
        for path in sorted(TO.iterdir()):
            with Image.open(Path(folder) / f"{path.stem}.png") as picture:
                picture.convert("RGB").save(path, quality=82, method=6)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} KB")
        shutil.copy(Path(folder) / "tutorial.md", DOCS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
