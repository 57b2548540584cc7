"""The extraction against what others do: CPU, bytes, requests and memory for three thumbnails."""
