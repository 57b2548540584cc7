"""Worker and api on the emulated AWS: processes in place of pods, and a video that goes through them."""
