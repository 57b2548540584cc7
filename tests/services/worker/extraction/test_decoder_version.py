"""The FFmpeg inside OpenCV reads what strangers upload: an old one is a hole.

FFmpeg 8.1.2 is the first with the fix for CVE-2026-8461. Nothing in OpenCV tells the release, but two things do:

* `cv2.getBuildInformation()` lists the versions of FFmpeg's libraries. 8.1.2 has libavcodec 62.28.102, libavformat
  62.12.102, libavutil 60.26.102 and libswscale 9.5.102: the second number is that of all of 8.1, the third counts the
  fixes on its branch, from 100. All must be as high: a library of an older build would show here.
* libavutil, which the wheel carries as a file of its own, knows the release by name: `av_version_info`. It is asked in
  the very file that OpenCV has loaded. A build between two releases has a name like `N-12345-gabcdef`: none that can be
  judged, and so none that passes.
"""

import ctypes
import re
from importlib import metadata
from pathlib import Path

import cv2
import pytest

OLDEST_RELEASE = (8, 1, 2)
OLDEST_LIBRARIES = {
    "avcodec": (62, 28, 102),
    "avformat": (62, 12, 102),
    "avutil": (60, 26, 102),
    "swscale": (9, 5, 102),
}


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def library_versions(build_information: str) -> dict[str, tuple[int, ...]]:
    """Return the versions in lines like `avcodec:  YES (62.28.102)`."""
    lines = re.findall(r"^\s+(\w+):\s+YES \(([\d.]+)\)$", build_information, re.MULTILINE)
    return {name: numbers(version) for name, version in lines if name in OLDEST_LIBRARIES}


def release_of(libavutil: Path) -> str:
    library = ctypes.CDLL(str(libavutil))
    library.av_version_info.restype = ctypes.c_char_p
    version: bytes = library.av_version_info()
    return version.decode()


def bundled_libavutil() -> Path:
    """Return the path of the wheel's only libavutil."""
    files = metadata.files("opencv-python-headless") or ()
    (libavutil,) = (file for file in files if file.name.startswith("libavutil"))
    return Path(str(libavutil.locate()))


@pytest.mark.parametrize("library", OLDEST_LIBRARIES)
def test_opencv_was_built_with_a_safe_ffmpeg(library: str) -> None:
    assert library_versions(cv2.getBuildInformation())[library] >= OLDEST_LIBRARIES[library]


def test_the_release_that_is_loaded_is_safe() -> None:
    release = release_of(bundled_libavutil())
    assert re.fullmatch(r"n?\d+\.\d+(\.\d+)?", release), f"{release} is no release"
    assert numbers(release.removeprefix("n")) >= OLDEST_RELEASE


def test_bundled_libavutil_is_the_one_opencv_loads() -> None:
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("only Linux lists the files that a process has loaded")
    loaded = {line.split()[-1] for line in maps.read_text(encoding="utf-8").splitlines() if "libavutil" in line}
    assert {Path(path).resolve() for path in loaded} == {bundled_libavutil().resolve()}


def test_an_older_ffmpeg_would_be_noticed() -> None:
    """Build information as the wheels of OpenCV 4.13 print it."""
    older = library_versions("    FFMPEG:                      YES\n      avcodec:                   YES (62.11.100)\n")
    assert older["avcodec"] < OLDEST_LIBRARIES["avcodec"]


def test_av1_has_a_decoder() -> None:
    """The wheel of OpenCV 5.0.0 has none."""
    library = ctypes.CDLL(str(next(bundled_libavutil().parent.glob("libavcodec*"))))
    library.avcodec_find_decoder_by_name.restype = ctypes.c_void_p
    assert library.avcodec_find_decoder_by_name(b"libdav1d") is not None
