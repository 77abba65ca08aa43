"""Flows as pictures: Mermaid for pull requests and wikis, SVG for everybody else, with or without counts."""
