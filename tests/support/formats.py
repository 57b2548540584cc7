"""The table of video formats that a test makes, extracts, and lists in docs/formats.md. A new format is one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.local.samples import encode_video
from tests.support.videos import Videos, draw_frame

if TYPE_CHECKING:
    from pathlib import Path

FPS = 25
FRAMES = 25
SIZE_PX = (160, 120)


@dataclass(frozen=True)
class Format:
    """A format: its words in the docs, a file name, ffmpeg's options, and what the extraction must report.

    `is_indexed` is True if this project reads the container's index for the codec, so that size has no limit.
    """

    title: str
    file: str
    options: str
    container: str
    codec: str
    is_indexed: bool = False

    @property
    def extension(self) -> str:
        return self.file[self.file.rindex(".") :]


def _tape(size: str = "720x576") -> str:
    return f"-s {size} -c:v dvvideo -pix_fmt yuv420p"


_FIELDS = "-flags +ilme+ildct"
_X265 = "-preset ultrafast -x265-params log-level=error"

FORMATS = (
    # Cameras, editing and broadcast.
    Format("DV", "tape.dv", _tape(), "dv", "dv"),
    Format("DV in QuickTime", "tape.mov", _tape(), "mp4", "dv", is_indexed=True),
    Format("DV in AVI (type 2)", "tape.avi", _tape(), "avi", "dv", is_indexed=True),
    Format("DV in MXF", "tape.mxf", _tape(), "mxf", "dv"),
    Format("MPEG-2 in MXF, interlaced", "fields.mxf", f"-s 720x576 -c:v mpeg2video {_FIELDS}", "mxf", "mpeg2video"),
    Format("H.264 (AVC-Intra, XAVC) in MXF", "avc.mxf", "-c:v libx264 -g 1 -pix_fmt yuv420p", "mxf", "h264"),
    Format("ProRes in MXF", "prores.mxf", "-c:v prores_ks -profile:v 0 -pix_fmt yuv422p10", "mxf", "prores"),
    Format("DNxHR in MXF", "dnx.mxf", "-s 256x192 -c:v dnxhd -profile:v dnxhr_lb -pix_fmt yuv422p", "mxf", "dnxhd"),
    Format("JPEG 2000 in MXF (digital cinema)", "cinema.mxf", "-c:v jpeg2000 -pix_fmt yuv422p", "mxf", "jpeg2000"),
    Format("GXF", "server.gxf", "-s 720x576 -c:v mpeg2video -b:v 9M", "gxf", "mpeg2video"),
    Format("CineForm in QuickTime", "cineform.mov", "-c:v cfhd -pix_fmt yuv422p10", "mp4", "cineform", is_indexed=True),
    Format("CineForm in AVI", "cineform.avi", "-c:v cfhd -pix_fmt yuv422p10", "avi", "cineform", is_indexed=True),
    Format("Hap", "stage.mov", "-c:v hap", "mp4", "hap", is_indexed=True),
    Format("DXV", "dxv.mov", "-c:v dxv", "mp4", "dxv"),
    Format("SpeedHQ", "speedhq.avi", "-c:v speedhq -pix_fmt yuv422p", "avi", "speedhq"),
    Format("VC-2 (Dirac Pro) in Matroska", "vc2.mkv", "-c:v vc2 -strict -1 -pix_fmt yuv422p", "matroska", "dirac"),
    Format("VC-2 stream", "vc2.drc", "-c:v vc2 -strict -1 -pix_fmt yuv422p -f dirac", "dirac", "dirac"),
    Format("Uncompressed, 8 bits, in QuickTime", "plain.mov", "-c:v rawvideo -pix_fmt uyvy422", "mp4", "rawvideo"),
    Format("Uncompressed, 10 bits (v210)", "v210.mov", "-c:v v210", "mp4", "v210", is_indexed=True),
    Format("Uncompressed, 10 bits (r210)", "r210.mov", "-c:v r210", "mp4", "r210"),
    Format("Uncompressed AVI", "plain.avi", "-c:v rawvideo -pix_fmt bgr24", "avi", "rawvideo"),
    Format("Y4M", "plain.y4m", "-pix_fmt yuv420p -f yuv4mpegpipe", "yuv4mpegpipe", "rawvideo"),
    # Archives, lossless.
    Format("FFV1 in Matroska", "ffv1.mkv", "-c:v ffv1", "matroska", "ffv1"),
    Format("FFV1 in AVI", "ffv1.avi", "-c:v ffv1", "avi", "ffv1"),
    Format("FFV1 in NUT", "ffv1.nut", "-c:v ffv1", "nut", "ffv1"),
    Format("HuffYUV", "huffyuv.avi", "-c:v huffyuv -pix_fmt yuv422p", "avi", "huffyuv"),
    Format("FFmpeg's HuffYUV", "ffvhuff.mkv", "-c:v ffvhuff", "matroska", "ffvhuff"),
    Format("Ut Video", "ut.avi", "-c:v utvideo", "avi", "utvideo"),
    Format("MagicYUV", "magicyuv.avi", "-c:v magicyuv -pix_fmt yuv422p", "avi", "magicyuv"),
    Format("Lossless JPEG", "jpegls.avi", "-c:v jpegls -pix_fmt bgr24", "avi", "jpegls"),
    Format("JPEG 2000 in QuickTime", "jpeg2000.mov", "-c:v jpeg2000", "mp4", "jpeg2000", is_indexed=True),
    Format("PNG in QuickTime", "png.mov", "-c:v png", "mp4", "png", is_indexed=True),
    Format("PNG in Matroska", "png.mkv", "-c:v png", "matroska", "png", is_indexed=True),
    Format("TIFF in QuickTime", "tiff.mov", "-c:v tiff", "mp4", "tiff"),
    Format("Targa in QuickTime", "targa.mov", "-c:v targa", "mp4", "targa"),
    Format("SGI in QuickTime", "sgi.mov", "-c:v sgi", "mp4", "sgi"),
    Format("QuickTime Animation", "animation.mov", "-c:v qtrle", "mp4", "qtrle"),
    Format("ZMBV (DOSBox)", "zmbv.avi", "-c:v zmbv", "avi", "zmbv"),
    Format("Snow", "snow.avi", "-c:v snow -strict -2", "avi", "snow"),
    # DVD, television, discs.
    Format("DVD (VOB), interlaced", "dvd.vob", f"-s 720x576 -c:v mpeg2video {_FIELDS}", "mpeg", "mpeg2video"),
    Format("MPEG program stream, MPEG-2", "disc.mpg", "-c:v mpeg2video -f vob", "mpeg", "mpeg2video"),
    Format("MPEG program stream, MPEG-1 (Video CD)", "vcd.mpg", "-c:v mpeg1video", "mpeg", "mpeg1video"),
    Format("Windows Television", "tv.wtv", "-c:v mpeg2video", "wtv", "mpeg2video"),
    Format("ProRes in Matroska", "prores.mkv", "-c:v prores_ks -profile:v 0 -pix_fmt yuv422p10", "matroska", "prores"),
    # The web and players.
    Format("Ogg, Theora", "theora.ogv", "-c:v libtheora -q:v 7", "ogg", "theora"),
    Format("Ogg, VP8", "vp8.ogv", "-c:v libvpx -deadline realtime -b:v 1M -f ogg", "ogg", "vp8"),
    Format("GIF, moving", "moving.gif", "-c:v gif", "gif", "gif"),
    Format("PNG, moving (APNG)", "moving.apng", "-c:v apng -f apng", "apng", "apng"),
    Format("IVF, VP9", "vp9.ivf", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M", "ivf", "vp9"),
    Format("IVF, AV1", "av1.ivf", "-c:v libsvtav1 -preset 12 -svtav1-params lp=1", "ivf", "av1"),
    Format("NUT, MPEG-4", "mpeg4.nut", "-c:v mpeg4 -q:v 3", "nut", "mpeg4"),
    Format("RealVideo 1", "real1.rm", "-s 176x144 -c:v rv10 -q:v 3", "rm", "rv10"),
    Format("RealVideo G2", "real2.rm", "-s 176x144 -c:v rv20 -q:v 3", "rm", "rv20"),
    Format("Flash Screen Video", "screen.flv", "-c:v flashsv", "flv", "flashsv"),
    Format("Flash Screen Video 2", "screen2.flv", "-c:v flashsv2", "flv", "flashsv2"),
    Format("Flash film (SWF)", "flash.swf", "-c:v flv -q:v 3", "swf", "flv1"),
    Format("Sorenson Video 1", "svq1.mov", "-c:v svq1 -q:v 2", "mp4", "svq1"),
    Format("Cinepak in AVI", "cinepak.avi", "-c:v cinepak", "avi", "cinepak"),
    Format("Cinepak in QuickTime", "cinepak.mov", "-c:v cinepak", "mp4", "cinepak"),
    Format("Apple Video (RPZA)", "rpza.mov", "-c:v rpza", "mp4", "rpza"),
    Format("Apple Graphics (SMC)", "smc.mov", "-c:v smc -pix_fmt pal8", "mp4", "smc"),
    Format("Microsoft Video 1", "video1.avi", "-c:v msvideo1", "avi", "msvideo1"),
    Format("Microsoft RLE", "rle.avi", "-c:v msrle", "avi", "msrle"),
    Format("ASUS V1", "asv1.avi", "-c:v asv1 -b:v 3M", "avi", "asv1"),
    Format("ASUS V2", "asv2.avi", "-c:v asv2 -b:v 3M", "avi", "asv2"),
    Format("Sega FILM", "game.cpk", "-c:v cinepak", "film_cpk", "cinepak"),
    # Streams without a container.
    Format("H.264 stream", "stream.h264", "-c:v libx264 -preset ultrafast -f h264", "h264", "h264"),
    Format("HEVC stream", "stream.hevc", f"-c:v libx265 {_X265} -f hevc", "hevc", "hevc"),
    Format("AV1 stream", "stream.obu", "-c:v libsvtav1 -preset 12 -svtav1-params lp=1", "obu", "av1"),
    Format("MPEG-1 stream", "stream.m1v", "-c:v mpeg1video -f mpeg1video", "mpegvideo", "mpeg1video"),
    Format("MPEG-2 stream", "stream.m2v", "-c:v mpeg2video -f mpeg2video", "mpegvideo", "mpeg2video"),
    Format("MPEG-4 stream", "stream.m4e", "-c:v mpeg4 -q:v 3 -f m4v", "m4v", "mpeg4"),
)  # fmt: skip


def make_files(videos: Videos) -> Path:
    """Return a folder with a file of each format: one second, 25 numbered frames, made by one run of ffmpeg."""

    def make(path: Path) -> None:
        outputs: list[str] = []
        for format_ in FORMATS:
            outputs += [*format_.options.split(), "-threads", "1", str(path.parent / format_.file)]
        # The last output marks a complete folder.
        frames = (draw_frame(number, size_px=SIZE_PX) for number in range(FRAMES))
        encode_video(frames, path, fps=FPS, options=["-y", *outputs, "-c:v", "ffv1"])

    return videos.once("complete.nut", make, FORMATS).parent
