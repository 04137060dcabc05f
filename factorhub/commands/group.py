"""Commands whose mistakes end in one line and an exit code: the command line's manners, whatever its commands are."""

from __future__ import annotations

import _thread
import os
import sys
import threading
import warnings
from typing import Any, NoReturn

import click

from factorhub.commands.shell import ORDER, look_here
from factorhub.errors import FactorhubError, cut, short, unknown
from factorhub.printable import printable

TRACEBACK = "FACTORHUB_TRACEBACK"  # set in the environment, shows where a fault of factorhub itself came from
FAULT = 70  # the exit code of such a fault, as sysexits.h has it


def _interrupt_again(dropped: Any) -> None:
    """Send Ctrl-C once more if it came while an object died, such as a handle of HDF5: Python drops what is raised there."""
    if dropped.exc_type is KeyboardInterrupt:
        threading.Timer(0.01, _thread.interrupt_main).start()
    else:
        sys.__unraisablehook__(dropped)


def _one_line(message: Warning | str, *_: object, **__: object) -> str:
    """A warning as the command line shows it: what it says, and not the code that says it."""
    return f"factorhub: {printable(' '.join(str(message).split()))}\n"


class Whole(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A whole number; one with commas or a point is answered with how to write it."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """`value` as an int."""
        try:
            return int(value)
        except ValueError:
            plain = str(value).replace(",", "").replace("'", "").replace(" ", "")
            try:
                number = float(plain)
                hint = f"; write {number:.0f}" if number.is_integer() and abs(number) < 2**53 else ""
            except (ValueError, OverflowError):
                hint = ""
            self.fail(f"{short(value)} is no whole number{hint}", param, ctx)


WHOLE = Whole()


def echo(text: object, *, err: bool = False) -> None:
    """Print a text: everything that the command line says goes through here, so that nothing from a file reaches a terminal raw."""
    stream = sys.stderr if err else sys.stdout
    shown = printable(str(text), keep="\n")
    try:
        shown.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:  # a terminal or log that has not all letters
        shown = shown.encode(stream.encoding, "backslashreplace").decode(stream.encoding)
    except LookupError:
        shown = shown.encode("ascii", "backslashreplace").decode()
    click.echo(shown, err=err)


class Group(click.Group):
    """A group whose errors are one line, with the command's exit code, and whose unknown commands get a suggestion."""

    def list_commands(self, _: click.Context) -> list[str]:
        """The commands in the order of use."""
        return sorted(self.commands, key=ORDER.index)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; factorhub's own errors become a line on stderr."""
        before, sys.unraisablehook = sys.unraisablehook, _interrupt_again
        shown, warnings.formatwarning = warnings.formatwarning, _one_line
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            _explain(error)
        except FactorhubError as error:
            echo(f"factorhub: {error}", err=True)
            ctx.exit(error.exit_code)
        except BrokenPipeError:
            raise
        except KeyboardInterrupt:
            _interrupted(ctx)
        except MemoryError:
            echo("factorhub: the memory of this machine is full; ask for fewer rows, or fewer --workers", err=True)
            ctx.exit(1)
        except click.exceptions.ClickException:
            raise
        except Exception as error:
            if isinstance(error, (click.exceptions.Exit, click.Abort)) or os.environ.get(TRACEBACK):
                raise
            if _began_with_interrupt(error):
                _interrupted(ctx)
            what = cut(" ".join(f"{type(error).__name__}: {error}".split()), 300)
            echo(f"factorhub: a fault of factorhub itself ({what}); run it again with {TRACEBACK}=1 to see where", err=True)
            ctx.exit(FAULT)
        finally:
            sys.unraisablehook, warnings.formatwarning = before, shown

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the options of `factorhub` itself."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            _explain(error)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The command called by the first argument, or the nearest name in the error."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise unknown("command", args[0], self.list_commands(ctx), "factorhub")
        look_here(args)
        return super().resolve_command(ctx, args)


def _interrupted(ctx: click.Context) -> NoReturn:
    echo("factorhub: interrupted; run the same command again to go on", err=True)
    ctx.exit(130)


def _began_with_interrupt(error: BaseException | None) -> bool:
    """True where a library made an error of its own of Ctrl-C, as HDF5 does of one that falls into a call back to Python."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def _explain(error: click.UsageError) -> NoReturn:
    """What click cannot read, in one line as ours are."""
    path = error.ctx.command_path if error.ctx is not None else "factorhub"
    text = "; ".join(" ".join(error.format_message().split()).rstrip(".").split(". "))
    text = cut(text, 400).replace("; Did", "; did").replace("; (Did", " (did")
    echo(f"factorhub: {text[:1].lower()}{text[1:]}; {path} --help shows what it takes", err=True)
    raise click.exceptions.Exit(error.exit_code)
