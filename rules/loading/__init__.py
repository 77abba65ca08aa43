"""From the text of a rule file to a rulebook, or to every mistake in it.

`building` puts a file together: `headings` and `pieces` read it one piece at a time (`reading`, by the specs that are
made of `shape`; `words` says what is wrong with a shape), `naming` and `vocabulary` say what may be named, every piece
is built at a `site`, and `graph` looks at what hangs together. `rules.loader` is the way in.
"""
