from tests.rules.rulebooks import BAD, printed

for path in BAD:
    path.with_suffix(".txt").write_text(printed(path), encoding="utf-8")
