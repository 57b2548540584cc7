"""Settings of the services from the config's sections `thumbnails` and `processing`: the same on AWS and locally."""

from typing import Any

from services.contract.formats import DENIED_DECODERS, VIDEO_EXTENSIONS
from services.contract.storyboards.layout import StoryboardPreset
from stacks.config.model import PipelineConfig


def processing_settings(config: PipelineConfig) -> dict[str, Any]:
    """Return values by the names of the fields of `WorkerSettings`; None for a default."""
    processing = config.processing
    return {
        **thumbnail_settings(config),
        "thumbnail_manifest": None if config.thumbnails.manifest else False,
        "thumbnail_location": config.thumbnails.location or None,
        "processing_deadline_s": processing.deadline_s,
        # Videos in progress share the CPU, so each gets half of its deadline, and never less than the default.
        "extraction_cpu_s": max(30, processing.deadline_s // 2),
        "max_receive_count": processing.max_receive_count,
        "delete_follows_source": processing.delete_follows_source,
        "video_extensions": video_extensions(config),
        **extraction_settings(config),
    }


def extraction_settings(config: PipelineConfig) -> dict[str, Any]:
    """Return values of `ExtractionSettings` that hold for thumbnails and for frames on demand; None for a default."""
    processing = config.processing
    return {
        # The default comes with the version of the worker, which may know of more errors.
        "extraction_denied_decoders": _unless(processing.denied_decoders, tuple(DENIED_DECODERS)),
        "extraction_denied_demuxers": _unless(processing.denied_demuxers, ()),
    }


def thumbnail_settings(config: PipelineConfig) -> dict[str, Any]:
    """Return values by the names of the fields of `ThumbnailSettings`; None for a default."""
    thumbnails = config.thumbnails
    preset = thumbnails.storyboard_preset
    return {
        "thumbnail_positions": thumbnails.positions_pct,
        "thumbnail_width_px": thumbnails.width_px,
        "thumbnail_quality": thumbnails.quality,
        "thumbnail_format": thumbnails.format,
        "thumbnail_smart": thumbnails.smart,
        "thumbnail_background": None if thumbnails.background == "#000000" else thumbnails.background,
        "thumbnail_storyboard": thumbnails.storyboard,
        "thumbnail_storyboard_formats": thumbnails.storyboard_formats or None,
        "thumbnail_storyboard_preset": None if preset is StoryboardPreset.WEB else preset,
        "thumbnail_storyboard_interval_s": thumbnails.storyboard_interval_s,
        "thumbnail_storyboard_tile_px": thumbnails.storyboard_tile_px,
        "thumbnail_storyboard_columns": thumbnails.storyboard_columns,
        "thumbnail_preview": thumbnails.preview,
        "thumbnail_poster": thumbnails.poster or None,
    }


def video_extensions(config: PipelineConfig) -> tuple[str, ...] | None:
    """Return the extensions of videos for worker and api; None for the default."""
    return _unless(config.processing.extensions, VIDEO_EXTENSIONS)


def _unless(names: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...] | None:
    return None if names == default else names or ("none",)
