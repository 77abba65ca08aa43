"""Talks as scenario files (docs/reference/scenarios.md): those of `pointsman chat`, and those that a project keeps."""
