"""The command `vmatte`: commands are imported when they run, so help and the list of models answer at once."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from vmatte.cli.interrupt import INTERRUPTED, LINE, interruptible
from vmatte.cli.line import one_line
from vmatte.core.errors import VmatteError
from vmatte.core.near import meant

# Before numpy is imported. The stages already share the cores between them; OpenBLAS threads on top wait for each
# other in a spin, which on two busy cores made `recall` seven times slower. A user's own setting stands.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# OpenCV prints warnings of its own about files that are then refused, or read, in our words.
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")

_COMMANDS = {
    "process": "Matte clips: alpha and ProRes 4444 out.",
    "batch": "Matte many clips, whatever fails on the way.",
    "watch": "Matte every clip that arrives in a folder.",
    "emoji": "Make stickers and animated emoji that fit their platform, or check them.",
    "score": "Score mattes: against the truth, or without it.",
    "compare": "Rank several mattes of one clip.",
    "bench": "Run models over a test set, beside the papers' rows.",
    "models": "List the models, what they need and their licences.",
    "presets": "List the presets that --preset takes.",
    "outputs": "List the outputs that --output takes.",
    "weights": "Fetch, list and check the weights of learned models.",
    "export": "Write a model as an ONNX graph.",
    "doctor": "Say what this machine can do: devices, outputs, memory, disk, weights.",
    "config": "Print the composed configuration.",
}

_BUG = 70


class LazyGroup(click.Group):
    """Knows its commands by name and one line each; imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"vmatte.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, and a wrong name is told the nearest."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"no such command {args[0]!r}: {meant(args[0], _COMMANDS)}`vmatte --help` lists all")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists commands from the table, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="vmatte")
def cli() -> None:
    """Video matting as one stream: clips in, steady alpha and ProRes 4444 out.

    \b
    vmatte process walker.mp4                          pick a model, write alpha and ProRes 4444
    vmatte process walk.mp4 --mask first.png           follow the subject painted on the first frame
    vmatte process shot.mov --plate empty.png          compare with a picture of the empty scene
    """  # noqa: D301  click reads the character, not the escape


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line; every known error becomes one line and an exit code of its own."""
    try:
        with interruptible():
            code = cli.main(arguments, prog_name="vmatte", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except VmatteError as error:
        logging.getLogger(__name__).info("where it came from", exc_info=error)
        click.echo(f"vmatte: error: {one_line(error)}", err=True)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        # Click puts an error of its own in the place of Ctrl-C's.
        notes = [note for each in (error, error.__cause__) for note in getattr(each, "__notes__", ())]
        click.echo("; ".join([LINE, *notes]), err=True)
        code = INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        code = 1
    except Exception as error:
        logging.getLogger(__name__).info("where it came from", exc_info=error)
        click.echo(
            f"vmatte: internal error: {type(error).__name__}: {one_line(error)}; this is a bug of ours: "
            "please report it with what -v prints",
            err=True,
        )
        code = _BUG
    sys.exit(code if isinstance(code, int) else 0)
