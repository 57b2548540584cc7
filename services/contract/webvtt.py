"""WebVTT file of a storyboard: the part of the sheet for each time, in the form that players read.

A cue's text is the sheet's address, relative to the file's own, and a media fragment:
https://www.w3.org/TR/webvtt1/ and https://www.w3.org/TR/media-frags/#naming-space.
"""

from urllib.parse import quote

from services.contract.records import StoredStoryboard


def storyboard_track(storyboard: StoredStoryboard, duration_s: float) -> str:
    """Return the WebVTT text with a cue for each tile; the last cue ends with the video."""
    sheet = quote(storyboard.key.rpartition("/")[2])
    cues = ["WEBVTT"]
    for number in range(storyboard.tiles):
        start_s = number * storyboard.interval_s
        end_s = duration_s if number == storyboard.tiles - 1 else start_s + storyboard.interval_s
        row, column = divmod(number, storyboard.columns)
        width, height = storyboard.tile_width_px, storyboard.tile_height_px
        place = f"{column * width},{row * height},{width},{height}"
        cues.append(f"{_clock(start_s)} --> {_clock(end_s)}\n{sheet}#xywh={place}")
    return "\n\n".join(cues) + "\n"


def _clock(time_s: float) -> str:
    seconds, milliseconds = divmod(round(time_s * 1000), 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"
