"""`python -m factorhub` is the command line."""

from factorhub.cli import main

main(prog_name="factorhub")
