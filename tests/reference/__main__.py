from tests.reference.pages import DOCS, MEANINGS, PAGES, meanings, renewed

for page in PAGES:
    page.write_text(renewed(page.read_text("utf-8")), "utf-8")
MEANINGS.write_text(meanings((DOCS / "reference" / "rule-files.md").read_text("utf-8")), "utf-8")
