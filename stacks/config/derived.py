"""Values that follow from others while they are not set: names of buckets that are unique in the whole of AWS."""

from collections.abc import Mapping

from stacks.config.model import PipelineConfig


def global_name(config: PipelineConfig, part: str) -> str:
    """Return a name that no other account or region uses, of at most 60 characters."""
    return f"{config.name}-{part}-{config.account_id}-{config.region}"


def state_bucket_name(config: PipelineConfig) -> str:
    """Return the name of the bucket of Terraform's state."""
    return config.state_bucket or global_name(config, "tfstate")


def videos_bucket_name(config: PipelineConfig) -> str:
    """Return the name of the bucket of videos and thumbnails."""
    return config.storage.bucket_name or global_name(config, "videos")


def test_source_bucket_name(config: PipelineConfig) -> str:
    """Return the name of the bucket with the videos of Test Pipeline."""
    # Not test-videos: an instance `a-test` would ask for the bucket that `a` has for its test videos.
    return config.storage.test_source_bucket_name or global_name(config, "videos-test")


def derived_values(config: PipelineConfig) -> Mapping[tuple[str, ...], str]:
    """Return the values in force of the fields that follow from others while they are not set, by their paths."""
    return {
        ("state_bucket",): state_bucket_name(config),
        ("storage", "bucket_name"): videos_bucket_name(config),
        ("storage", "test_source_bucket_name"): test_source_bucket_name(config),
    }
