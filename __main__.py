"""``python -m standfirst`` is the command line."""

from .cli import main

main()
