"""`python -m vmatte.cli` is the command `vmatte`."""

from vmatte.cli.main import main

if __name__ == "__main__":
    main()
