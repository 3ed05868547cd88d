"""Where the command `vmatte` begins, and `python -m vmatte.cli`: signals are taken care of before much is imported."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Runs the command line; an interrupt is answered from here on."""
    try:
        from vmatte.cli.interrupt import interruptible, let_go

        try:
            with interruptible():
                from vmatte.cli.main import main as run

                run()
        finally:
            let_go()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
