"""FLV files."""
