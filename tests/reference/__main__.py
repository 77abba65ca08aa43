from tests.reference.pages import PAGES, renewed

for page in PAGES:
    page.write_text(renewed(page.read_text("utf-8")), "utf-8")
