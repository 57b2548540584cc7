"""ASF and WMV files."""
