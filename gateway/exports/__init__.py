"""Exports: what a campaign has, as files for spreadsheets (CSV) and programs (JSON Lines), a page at a time."""
