"""Descriptions of stored outputs, as records have them. Pure."""

from pydantic import BaseModel, ConfigDict


class StoredManifest(BaseModel):
    """The JSON document that lists the other objects of a video: `services.contract.outputs.manifest`."""

    model_config = ConfigDict(frozen=True)

    key: str
    size_bytes: int
