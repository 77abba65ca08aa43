from tests.rules.rulebooks import BAD, WARNED, printed

for path in (*BAD, *WARNED):
    path.with_suffix(".txt").write_text(printed(path), encoding="utf-8")
