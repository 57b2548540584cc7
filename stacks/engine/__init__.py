"""What makes synth fast, and what is particular to CDKTF: loading, state, outputs, charts, policies."""
