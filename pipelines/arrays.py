"""Types of numpy arrays, by what is in them: the one place from which annotations take them."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Numbers of many things at once, where half the memory counts.
Int32s = NDArray[np.int32]
UInt32s = NDArray[np.uint32]
Flags = NDArray[np.bool_]
Strings = NDArray[np.str_]
# What numpy has no type for: strings that may be missing, shapes of shapely.
PyObjects = NDArray[np.object_]
Geometries = NDArray[np.object_]
