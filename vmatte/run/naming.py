"""Names of results from a template."""

from __future__ import annotations

from pathlib import PurePosixPath
from string import Formatter

from vmatte.core.errors import ConfigError

FIELDS = ("stem", "object", "output", "model")


def check_template(template: str) -> None:
    """Refuses a template that makes no names.

    Raises:
        ConfigError: An unknown field, an unclosed brace, or a way out of the output folder.
    """
    hint = f"--name {template!r}"
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise ConfigError(f"{hint}: {error}; fields are written {{stem}}") from error
    for _, name, style, conversion in parts:
        if name is not None and (name not in FIELDS or style or conversion):
            raise ConfigError(f"{hint}: unknown field {{{name}}}; there are {', '.join(FIELDS)}")
    path = PurePosixPath(template)
    if path.is_absolute() or ".." in path.parts or "\\" in template or template.endswith("/"):
        raise ConfigError(f"{hint}: a name below the output folder is wanted; the folder itself is --out")


def named(template: str, *, stem: str, output: str, model: str, item: str = "") -> str:
    """The name of one result, without extension.

    Args:
        template: With fields; empty for `{stem}.{output}`, or `{stem}.{object}.{output}` where there are objects.
        stem: The clip's.
        output: Of the result, `report` for the report.
        model: That ran.
        item: The object it shows; empty for one subject.

    >>> named("", stem="walk", output="prores", model="recall")
    'walk.prores'
    >>> named("{model}/{stem}_{object}_{output}", stem="walk", output="alpha", model="recall", item="anna")
    'recall/walk_anna_alpha'
    """
    usual = "{stem}.{object}.{output}" if item else "{stem}.{output}"
    return (template or usual).format(stem=stem, object=item, output=output, model=model)
