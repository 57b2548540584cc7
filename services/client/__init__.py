"""Client of the api for Python programs, and the commands `videos` and `upload`."""

from services.client.client import AsyncClient, Client
from services.client.models import PipelineError, Thumbnail, Video

__all__ = ["AsyncClient", "Client", "PipelineError", "Thumbnail", "Video"]
