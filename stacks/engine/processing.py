"""Settings of the worker from the config's sections `thumbnails` and `processing`: the same on AWS and locally."""

from typing import Any

from stacks.config.model import PipelineConfig


def processing_settings(config: PipelineConfig) -> dict[str, Any]:
    """Return values by the names of the fields of `WorkerSettings`."""
    thumbnails, processing = config.thumbnails, config.processing
    return {
        "thumbnail_positions": thumbnails.positions_pct,
        "thumbnail_width_px": thumbnails.width_px,
        "thumbnail_quality": thumbnails.quality,
        "thumbnail_format": thumbnails.format,
        "thumbnail_smart": thumbnails.smart,
        "thumbnail_storyboard": thumbnails.storyboard,
        "thumbnail_preview": thumbnails.preview,
        "processing_deadline_s": processing.deadline_s,
        # Videos in progress share the CPU, so each gets half of its deadline, and never less than the default.
        "extraction_cpu_s": max(30, processing.deadline_s // 2),
        "max_receive_count": processing.max_receive_count,
    }
