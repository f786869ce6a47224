"""The seed that mutations are drawn with: the same for all who run the tests, unless another is asked for."""

import os

SEED = int(os.environ.get("SAMENHANG_SEED", "2024"))
