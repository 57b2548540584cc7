"""Codecs whose headers are not read: the container describes their pictures."""

from services.worker.extraction.codecs.codec import Codec

H263 = Codec(decoder="h263", tags=("h263", "s263"), avi_tag=b"H263", needs_container_size=True)
FLV1 = Codec(decoder="flv", tags=("flv1",), avi_tag=b"FLV1", flv_ids=(2,), name="flv1")
MJPEG = Codec(
    decoder="mjpeg",
    tags=("mjpg",),
    avi_tag=b"MJPG",
    mp4_sample_entries=("jpeg",),
    mp4_object_types=(0x6C,),
    matroska_ids=("V_MJPEG",),
)
THEORA = Codec(decoder="theora", tags=("theo",), avi_tag=b"theo", matroska_ids=("V_THEORA",))
