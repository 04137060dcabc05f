"""Ctrl-C that a library turned into an error of its own is still an interruption; other faults are not."""

import click
import pytest
from click.testing import CliRunner

from factorhub.commands.group import Group


@click.group(cls=Group)
def main():
    """A command line."""


@main.command("list")
@click.option("--interrupted", is_flag=True)
def fail(interrupted):
    """Fail as HDF5 does."""
    try:
        raise KeyboardInterrupt if interrupted else ValueError("no such plane")
    except BaseException:
        raise RuntimeError("unable to write")  # noqa: B904


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["list", "--interrupted"], 130, "factorhub: interrupted; run the same command again to go on\n"),
        (["list"], 70, "factorhub: a fault of factorhub itself (RuntimeError: unable to write); run it again with "),
    ],
)
def test_an_interrupt_in_a_library_is_an_interrupt(words, code, text):
    done = CliRunner().invoke(main, words)
    assert done.exit_code == code
    assert done.output.startswith(text)
