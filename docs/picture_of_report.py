"""Take the picture of the demonstration's report that the README shows.

    standfirst demo --keep DIR; python docs/picture_of_report.py DIR/report.html

It needs Chromium, and what the tests need.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

TO = Path(__file__).parent / "images" / "report.png"


def main() -> None:
    """Open the page and take the picture of its beginning."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 860, "height": 1060})
        page.goto(Path(sys.argv[1]).resolve().as_uri())
        page.wait_for_selector("html[data-ready=true]")
        page.screenshot(path=TO)
        browser.close()
    print(f"written to {TO}")


if __name__ == "__main__":
    main()
