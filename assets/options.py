"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Raw = Annotated[Path | None, typer.Option("--raw", help="folder of deliveries [SAMENHANG_RAW, else data/raw]")]
Out = Annotated[Path | None, typer.Option("--out", help="folder of releases [SAMENHANG_OUT, else data/published]")]
Area = Annotated[str, typer.Argument(metavar="AREA", help="name of an area, or path of an area file")]
