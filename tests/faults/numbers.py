"""The number of an upload in the pixels of its video: 16 bits as large black and white blocks, and their complement."""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

SIZE_PX = (256, 144)
_COLUMNS, _ROWS = 8, 4
_MIN_CONTRAST = 60


def draw_number(number: int) -> Image:
    """Return a picture of `number`: two rows of blocks with its bits, the highest first, and two with the opposite."""
    if not 0 <= number < 1 << 16:
        raise ValueError(f"{number} does not fit into 16 bits")
    bits = np.array([int(bit) for bit in f"{number:016b}"]).reshape(_ROWS // 2, _COLUMNS)
    blocks = (np.concatenate([bits, 1 - bits]) * 255).astype(np.uint8)
    large = cv2.resize(blocks, SIZE_PX, interpolation=cv2.INTER_NEAREST)
    return cv2.cvtColor(large, cv2.COLOR_GRAY2BGR).astype(np.uint8)


def read_number(file: bytes) -> int:
    """Return the number that an encoded picture shows. Raises: ValueError if it is no picture or shows none."""
    image = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_GRAYSCALE) if file else None
    if image is None:
        raise ValueError("it is not a picture")
    height_px, width_px = image.shape
    if height_px < 4 * _ROWS or width_px < 4 * _COLUMNS:
        raise ValueError("it is too small")
    # The inner half of each block: scaling and compression blur its edges.
    shares = cv2.resize(image, (4 * _COLUMNS, 4 * _ROWS), interpolation=cv2.INTER_AREA).astype(float)
    blocks = shares.reshape(_ROWS, 4, _COLUMNS, 4)[:, 1:3, :, 1:3].mean(axis=(1, 3))
    contrast = blocks[: _ROWS // 2] - blocks[_ROWS // 2 :]
    if np.abs(contrast).min() < _MIN_CONTRAST:
        raise ValueError("it shows no number")
    return int("".join("1" if bit > 0 else "0" for bit in contrast.flat), 2)
