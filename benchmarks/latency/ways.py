"""Programs that are compared: each takes the same events from a queue of its own and stores three thumbnails."""

import importlib.util
import shutil
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    name: str
    """Word in keys, options and JSON."""
    title: str
    """Heading in the table."""
    about: str
    command: tuple[str, ...]

    @property
    def is_ours(self) -> bool:
        return self.name == OURS

    def find_lack(self) -> str:
        """Return the reason why this machine cannot run it, or an empty string."""
        if self.name == "pyav":
            return "" if importlib.util.find_spec("av") else "PyAV is not installed"
        if self.name in ("ffmpegthumbnailer", "imagorvideo"):
            return "" if shutil.which(self.name) else f"{self.name} is not on this machine"
        return ""


OURS = "ours"


def _peer(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "benchmarks.latency.peer", name)


WAYS = (
    Way(OURS, "ours", "the worker of this project", (sys.executable, "-m", "services.worker", "run")),
    Way("ffmpeg", "A", "downloads the film and runs `ffmpeg -ss` three times", _peer("ffmpeg")),
    Way("ffmpegthumbnailer", "B", "runs ffmpegthumbnailer three times on a signed URL", _peer("ffmpegthumbnailer")),
    Way("pyav", "C", "PyAV in a warm process, keyframes only, on a signed URL", _peer("pyav")),
    Way("imagorvideo", "D", "three requests to an imagorvideo server, each with a signed URL", _peer("imagorvideo")),
)
