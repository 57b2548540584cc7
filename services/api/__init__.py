"""The api: what the pipeline does right now, what can be done about it, and who may."""
