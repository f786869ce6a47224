"""The seed that mutations are drawn with: another in every run (`tests/conftest.py`), unless one is asked for."""

import os

SEED = int(os.environ["SAMENHANG_SEED"])
