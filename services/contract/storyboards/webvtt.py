"""WebVTT file of a storyboard: the part of a sheet for each time, in the form that players read.

A cue's text is the sheet's address, relative to the file's own, and a media fragment:
https://www.w3.org/TR/webvtt1/ and https://www.w3.org/TR/media-frags/#naming-space.
"""

from services.contract.storyboards.stored import StoredStoryboard
from services.contract.storyboards.times import list_tile_times, quote_name


def format_track(storyboard: StoredStoryboard, duration_s: float, digest: str) -> str:
    """Return the WebVTT text with a cue for each tile; the last cue ends with the video.

    A comment has the digest of the sheets.
    """
    sheets = [quote_name(key) for key in storyboard.sheet_keys]
    width, height = storyboard.tile_width_px, storyboard.tile_height_px
    cues = ["WEBVTT", f"NOTE sheets {digest}"]
    for number, (start_s, end_s) in enumerate(list_tile_times(storyboard, duration_s)):
        sheet, on_sheet = divmod(number, storyboard.tiles_per_sheet)
        row, column = divmod(on_sheet, storyboard.columns)
        place = f"{column * width},{row * height},{width},{height}"
        cues.append(f"{_format_time(start_s)} --> {_format_time(end_s)}\n{sheets[sheet]}#xywh={place}")
    return "\n\n".join(cues) + "\n"


def _format_time(time_s: float) -> str:
    seconds, milliseconds = divmod(round(time_s * 1000), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"
