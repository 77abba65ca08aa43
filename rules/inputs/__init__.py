"""What would have to happen for somebody to go a way that nobody went.

Found by trying: `rules.inputs.search` plays one person through the real `react`, with values that the conditions of the
file suggest (`rules.inputs.candidates`), until the ways are walked or the effort is spent. So what is found is true.
"""

from rules.inputs.moves import Input
from rules.inputs.search import MAX_TRIES, find_inputs

__all__ = ["MAX_TRIES", "Input", "find_inputs"]
