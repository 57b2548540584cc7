"""Copies of thumbnails as local files, under every name that an upload can have."""

from services.local.follow import MAX_NAME_BYTES, shorten_file_name


def test_a_name_that_fits_stays() -> None:
    for name in ("clip_1.jpg", "Ünï_1.webp", "n" * (MAX_NAME_BYTES - 4) + ".jpg", ".jpg"):
        assert shorten_file_name(name) == name


def test_long_name_is_cut_with_its_ending_kept() -> None:
    long = [f"{letter * 300}{number}_1.jpg" for letter in "aü日" for number in range(3)] + ["a." + "b" * 300]
    short = [shorten_file_name(name) for name in long]
    assert len(set(short)) == len(long)
    for name, cut in zip(long, short, strict=True):
        assert len(cut.encode()) <= MAX_NAME_BYTES
        assert cut[:20] == name[:20]
        assert name.startswith("a.b") or cut.endswith(".jpg")
