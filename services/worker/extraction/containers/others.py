"""Containers without a reader of their own: FFmpeg demuxes them, and their frames are searched without an index."""

from services.worker.extraction.containers.container import Container
from services.worker.extraction.containers.contents import Contents, ReadAt

_NAMES = (
    # Cameras, editors, broadcast and archives.
    "apv av1 avs avs2 avs3 cavsvideo cine dhav dirac dnxhd dv evc gxf h261 h263 h264 hevc hxvs ifv ingenient ipmovie",
    "ivf iv8 lmlm4 luodat lvf lxf m4v mjpeg mjpeg_2000 mpeg mpegts mpegvideo mxf mxg obu r3d ser simbiosis_imx ty vc1",
    "vc1test vvc wtv yuv4mpegpipe",
    # The web, players and phones. `matroska`, `avi`, `asf` and `flv` have readers of their own, which recognise nearly
    # all of their files.
    "apng asf asf_o avi flv gif ivr jpegxl_anim kux live_flv matroska moflex mtv nsv nut nuv ogg pmp pva rm rpl smjpeg",
    "swf vidc vivo",
    # Animations and films of games.
    "4xm anm argo_brp bethsoftvid bfi bink bmv c93 cdg cdxl dfa dsicin dxa ea ea_cdata film_cpk filmstrip flic gdv hnm",
    "idcin ipu jv mgsts mm mods msnwctcp mv mvi nc paf pdv psxstr rl2 roq sga siff smk smush thp tiertexseq tmv usm",
    "vividas vmd wc3movie wsvqa xmv yop",
)
DEMUXERS = frozenset(" ".join(_NAMES).split())
"""FFmpeg's demuxers that may be opened: those of videos.

Left out on purpose: playlists and everything else that opens further files or addresses (`concat`, `hls`, `dash`,
`image2`, `sdp`, `rtsp`, `rtp`, `mlv`, `vobsub`, `webm_dash_manifest`, …), still pictures (`png_pipe`, …), text that
FFmpeg would draw (`tty`, `bin`, …), subtitles and sound.
"""

PICTURES = frozenset({"apng", "gif", "jpegxl_anim"})
"""Demuxers of pictures that may move. With one frame, the file is a still picture."""

_KINDS = (
    (("concat", "hls", "dash", "webm_dash_manifest", "imf"), "a playlist"),
    (("sdp", "rtsp", "rtp", "sap", "mpjpeg"), "the description of a network stream"),
    # `containers.mp4` recognises every film; the rest is HEIF and AVIF.
    (("image2", "ico", "iff", "alias_pix", "brender_pix", "fits", "mov"), "a still picture"),
    (("tty", "bin", "xbin", "adf", "idf"), "a text"),
)


def _inspect_nothing(_read_at: ReadAt, _size_bytes: int) -> Contents:
    return Contents()


def make_container(demuxer: str) -> Container | None:
    """Return the container for one of the names that FFmpeg gives a demuxer; None if it may not be opened."""
    name = next((name for name in demuxer.split(",") if name in DEMUXERS), None)
    return Container(name, name, lambda _head: False, _inspect_nothing) if name else None


def describe_demuxer(demuxer: str) -> str:
    """Return words for a demuxer that may not be opened."""
    names = set(demuxer.split(","))
    if any(name.endswith("_pipe") for name in names):
        return f"a still picture ({demuxer})"
    kind = next((kind for known, kind in _KINDS if names & set(known)), "sound, subtitles or data")
    return f"{kind} ({demuxer})"
