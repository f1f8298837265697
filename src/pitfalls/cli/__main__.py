"""``python -m pitfalls.cli``."""

import sys

from pitfalls.cli import main

sys.exit(main())
