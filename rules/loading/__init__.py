"""From the text of a rule file to a rulebook, or to every mistake in it.

In the order in which a file passes: `shape` (what a piece may look like), `campaign` and `nodes` (the pieces),
`words` (a misshapen piece in the operator's words), `names` (what rules may speak of), `scope` (where a piece is
built), `graph` (whether the nodes of a flow hang together). `rules.loader` runs them.
"""
