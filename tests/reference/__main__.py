from tests.reference.pages import MEANINGS, PAGES, meanings, renewed, rule_pages

for page in PAGES:
    page.write_text(renewed(page.read_text("utf-8")), "utf-8")
MEANINGS.write_text(meanings(rule_pages()), "utf-8")
