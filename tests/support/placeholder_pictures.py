"""Pictures of which the reference encoders made placeholders, and a command that makes these again.

npm install --prefix DIRECTORY thumbhash@0.1.1 blurhash@2.0.5
python -m tests.support.placeholder_pictures DIRECTORY
"""

import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

Picture = np.ndarray[Any, np.dtype[np.uint8]]
"""Height x width x 3 bytes, blue first."""

VECTORS = Path(__file__).with_name("placeholder_vectors.json")

_SIZES_PX = (
    (100, 56),
    (56, 100),
    (64, 64),
    (100, 100),
    (100, 75),
    (37, 61),
    (100, 3),
    (3, 100),
    (1, 1),
    (2, 1),
    (16, 9),
)

_REFERENCE = """
import { rgbaToThumbHash } from "thumbhash";
import { encode } from "blurhash";
import { readFileSync } from "node:fs";
const made = {};
for (const [name, { width, height, rgba }] of Object.entries(JSON.parse(readFileSync(0)))) {
  const pixels = Buffer.from(rgba, "base64");
  made[name] = {
    thumbhash: Buffer.from(rgbaToThumbHash(width, height, pixels)).toString("base64"),
    blurhash: encode(new Uint8ClampedArray(pixels), width, height, 4, 3),
  };
}
console.log(JSON.stringify(made));
"""


def draw_pictures() -> Mapping[str, Picture]:
    """Return pictures by name: waves, noise, colours without any detail, and edges, in many sizes."""
    pictures: dict[str, Picture] = {}
    for width, height in _SIZES_PX:
        y, x = np.mgrid[0:height, 0:width].astype(np.int64)
        noise = (x * 7919 + y * 104_729 + (x * y) ** 2 * 31 + (x ^ y) * 12_289) % 65_521
        drawn = {
            "ramp": (x * 255 // max(width - 1, 1), y * 255 // max(height - 1, 1), (x + y) * 255 // (width + height)),
            "noise": (noise % 256, noise * 3 % 251, noise // 256),
            "edge": ((x > width // 3) * 250, (y > height // 2) * 200 + 20, (x > y) * 90 + 100),
            "rings": ((x * x + y * y) % 256, (x * x) % 256, (x * y * 5) % 256),
        }
        for name, (blue, green, red) in drawn.items():
            pictures[f"{name} {width} x {height}"] = np.stack([blue, green, red], axis=2).astype(np.uint8)
    for red, green, blue in ((0, 0, 0), (255, 255, 255), (128, 128, 128), (255, 0, 0), (0, 0, 255), (17, 99, 203)):
        for width, height in ((100, 56), (63, 100), (5, 7)):
            flat = np.full((height, width, 3), (blue, green, red), np.uint8)
            pictures[f"flat {red} {green} {blue} {width} x {height}"] = flat
    return pictures


def main(directory: Path) -> None:
    """Write the placeholders that the reference encoders in a directory make of the pictures."""
    asked = {}
    for name, picture in draw_pictures().items():
        opaque = np.full((*picture.shape[:2], 1), 255, np.uint8)
        rgba = np.concatenate([picture[:, :, ::-1], opaque], axis=2)
        asked[name] = {"width": picture.shape[1], "height": picture.shape[0], "rgba": _to_base64(rgba.tobytes())}
    answer = subprocess.run(
        ["node", "--input-type=module", "--eval", _REFERENCE],  # noqa: S607 - the node of the caller
        input=json.dumps(asked),
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
    )
    VECTORS.write_text(json.dumps(json.loads(answer.stdout), indent=2) + "\n")


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
