"""Why something happened, and why something did not: told from decisions as they are kept."""
