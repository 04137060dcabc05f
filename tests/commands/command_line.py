"""What several files of tests here share."""

from __future__ import annotations

from click.testing import CliRunner, Result

from factorhub.cli import main


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])
