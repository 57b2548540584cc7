"""DASH manifest of a storyboard: one adaptation set of tiled thumbnails, to copy into the manifest of the video.

DASH-IF, Guidelines for Implementation: Interoperability Points, version 4.3, section 6.2.6. All sheets have one size,
and the last one may have fewer tiles than it has room for.
"""

from xml.sax.saxutils import quoteattr

from services.contract.storyboards.stored import StoredStoryboard
from services.contract.storyboards.times import list_sheet_times, measure_bandwidth, quote_name
from services.contract.thumbnails import get_image_type


def format_manifest(storyboard: StoredStoryboard, duration_s: float, sheet_bytes: list[int], digest: str) -> str:
    """Return the manifest of the sheets. A comment has their digest."""
    end_s = list_sheet_times(storyboard, duration_s)[-1][1]
    sheet_ms = storyboard.tiles_per_sheet * round(storyboard.interval_s * 1000)
    columns, rows = storyboard.columns, storyboard.sheet_rows
    attributes = {
        "id": "thumbnails",
        "bandwidth": measure_bandwidth(storyboard, duration_s, sheet_bytes),
        "width": columns * storyboard.tile_width_px,
        "height": rows * storyboard.tile_height_px,
    }
    representation = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static"
     mediaPresentationDuration="PT{end_s:.3f}S" minBufferTime="PT2S">
  <!-- Sheets: {digest} -->
  <Period id="1" start="PT0S">
    <AdaptationSet id="1" contentType="image" mimeType="{get_image_type(storyboard.key)}">
      <SegmentTemplate media={quoteattr(_name_sheets(storyboard))} timescale="1000" duration="{sheet_ms}" \
startNumber="1"/>
      <Representation {representation}>
        <EssentialProperty schemeIdUri="http://dashif.org/guidelines/thumbnail_tile" value="{columns}x{rows}"/>
      </Representation>
    </AdaptationSet>
  </Period>
</MPD>
"""


def _name_sheets(storyboard: StoredStoryboard) -> str:
    """Return the template of the sheets' names. `quote_name` quotes dollar signs, which would begin an identifier."""
    first = quote_name(storyboard.key)
    if storyboard.sheets == 1:
        return first
    stem, _, extension = first.rpartition("-1.")
    return f"{stem}-$Number$.{extension}"
