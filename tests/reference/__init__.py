"""What docs/reference says that the code knows better: tables and examples, held equal to it.

After a change, `python -m tests.reference` writes them anew: read the difference.
"""
