"""Fast loading of the providers, and everything that is particular to CDKTF: state, outputs, charts, policies."""
