"""Films of the benchmark: a clip of ten seconds, ten minutes and two hours, each in four containers."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.extraction import videos
from benchmarks.extraction.videos import BenchmarkVideo

SUFFIXES = ("mp4", "mkv", "ts", "flv")


@dataclass(frozen=True)
class Length:
    """A length of films. The bit rate keeps two hours below 1 GB; it changes how much the peers download."""

    name: str
    duration_s: int
    encoder: str


LENGTHS = (
    Length("10 s", videos.SHORT_S, "h264-12m"),
    Length("10 min", videos.MEDIUM_S, "h264-4m"),
    Length("2 h", videos.LONG_S, "h264-1m"),
)


@dataclass(frozen=True)
class Film:
    length: Length
    suffix: str

    @property
    def name(self) -> str:
        return f"{self.length.name} {self.suffix}"

    @property
    def duration_s(self) -> int:
        return self.length.duration_s

    def make(self, directory: Path) -> Path:
        """Make the file, for the caller to delete. The encoded clip stays in `directory`."""
        video = BenchmarkVideo(self.name, self.length.encoder, self.suffix, self.duration_s)
        return videos.make_video(video, directory)


FILMS = tuple(Film(length, suffix) for length in LENGTHS for suffix in SUFFIXES)
