"""Every way a command can end, as one line on stderr and an exit code.

0 ok, 1 failed, 2 usage, 3 key, 4 budget, 5 network or server, 6 reply not valid, 130 interrupted
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import TextIO

import click

from livetechno import failures, words
from livetechno.cli import terminal
from livetechno.environment import EnvironmentValueError

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
_NO_ARGUMENTS: tuple[type[click.UsageError], ...] = tuple(
    getattr(click.exceptions, name) for name in ("NoArgsIsHelpError",) if hasattr(click.exceptions, name)
)
"""A group called alone, whose message is its help; click before 8.2 shows that by itself."""


def exit_code(run: Callable[[], object]) -> int:
    """Call `run`; say on stderr what went wrong, if anything did. Returns the exit code."""
    try:
        with _our_warnings_on_one_line():
            result = run()
        code = result if isinstance(result, int) else OK
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else FAILED if exit_.code else OK
    except (KeyboardInterrupt, click.Abort):
        code = INTERRUPTED
    except click.ClickException as error:
        code = _say_usage(error)
    except BrokenPipeError:
        code = FAILED  # nobody reads any more: nothing to say, and nobody to say it to
    except Exception as error:  # noqa: BLE001 - the last net of a whole program
        code = _say(error)
    return code if _flushed() else code or FAILED


def tell(error: Exception) -> None:
    """Show one line (and the request's id) for an error that does not end the program."""
    _say(error)


def _say(error: Exception) -> int:
    from livetechno.settings import SettingsError

    _line(failures.sentence(error))
    if os.environ.get("LIVETECHNO_DEBUG") == "1":
        import traceback

        from livetechno.gpt.redaction import redact

        terminal.notice(redact("".join(traceback.format_exception(error))))
    if isinstance(error, EnvironmentValueError | SettingsError):
        return USAGE
    return int(getattr(error, "exit_code", FAILED))  # ours, and the store's


def _say_usage(error: click.ClickException) -> int:
    """What click refused. It shows how the command is called, then the reason."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if isinstance(error, _NO_ARGUMENTS):
        click.echo(error.format_message(), err=True)
        return USAGE
    _line(_reason(error))
    if context is not None:
        terminal.notice(words.say("cli.see_help", command=f"{context.command_path} --help"))
    return error.exit_code


def _reason(error: click.ClickException) -> str:
    if isinstance(error, click.NoSuchOption):
        near = ", ".join(error.possibilities or ())
        sentence = words.say("cli.no_such_option", option=error.option_name)
        return f"{sentence} {words.say('cli.perhaps', near=near)}" if near else sentence
    if isinstance(error, click.BadOptionUsage):
        return words.say(_misuse(error), option=error.option_name)
    if isinstance(error, click.MissingParameter):
        return words.say("cli.missing", name=_name(error))
    if isinstance(error, click.BadParameter):
        name = _name(error)
        return words.say("cli.option_refused", name=name, reason=error.message) if name else error.message
    return error.format_message()


def _misuse(error: click.BadOptionUsage) -> str:
    """Whether an option lacks its value, or is one that takes none."""
    options = error.ctx.command.params if error.ctx else ()
    flag = any(error.option_name in option.opts and getattr(option, "is_flag", False) for option in options)
    return "cli.option_takes_no_value" if flag else "cli.option_needs_value"


def _name(error: click.BadParameter) -> str:
    hint = error.param_hint or (error.param.get_error_hint(error.ctx) if error.param and error.ctx else "")
    hint = hint if isinstance(hint, str) else " / ".join(hint or ())
    return hint.replace("'", "")


def _line(text: str) -> None:
    terminal.notice(f"livetechno: {terminal.one_line(text)}")


@contextlib.contextmanager
def _our_warnings_on_one_line() -> Iterator[None]:
    """A warning of ours is a sentence to the person, not a line of source code."""
    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        usual = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if category.__module__.startswith("livetechno."):
                _line(str(message))
            else:
                usual(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        yield


def _flushed() -> bool:
    """Put out what is left. False when nobody reads; then Python must not try again at its end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True
