"""Limits of an extraction: of the worker's videos and of the frames on demand."""

from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from services.contract.formats import DENIED_DECODERS, check_format_names
from services.contract.settings.pipeline import ServiceSettings, split_list


class ExtractionSettings(ServiceSettings):
    extraction_cpu_s: int = Field(
        default=30, description="Maximum CPU seconds of one video's child process.", ge=1, le=3600, examples=["30"]
    )
    extraction_memory_mb: int = Field(
        default=1024, description="Maximum address space of one video's child process in MiB.", ge=512, le=16384,
        examples=["1024"],
    )  # fmt: skip
    extraction_read_mb: int = Field(
        default=256, description="Maximum MiB that the worker reads of one video.", ge=1, le=65536, examples=["256"]
    )
    extraction_requests: int = Field(
        default=2000, description="Maximum number of reads of one video.", ge=10, le=1_000_000, examples=["2000"]
    )
    extraction_denied_decoders: Annotated[tuple[str, ...], NoDecode] = Field(
        default=tuple(DENIED_DECODERS),
        description="Decoders of FFmpeg that are not opened, separated by commas; none for no such decoder.",
        examples=["exr,flic"],
    )
    extraction_denied_demuxers: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Demuxers of FFmpeg that are not opened, separated by commas.",
        examples=["gif,swf"],
    )

    @field_validator("extraction_denied_decoders", "extraction_denied_demuxers", mode="before")
    @classmethod
    def _split_names(cls, value: Any) -> Any:
        return split_list(value)

    @field_validator("extraction_denied_decoders", "extraction_denied_demuxers")
    @classmethod
    def _valid_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return check_format_names(names)
