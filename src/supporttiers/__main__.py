"""`python -m supporttiers` is the command line."""

import sys

from supporttiers.cli import main

if __name__ == "__main__":
    sys.exit(main())
