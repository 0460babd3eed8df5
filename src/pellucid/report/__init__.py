"""The HTML report on one training: what the data was, what was chosen, how good it is and why, from numbers to page.

`evaluation` measures, `importance` asks which columns matter, `examples` chooses three predictions, `sections` says all
of it as a render tree, `page` makes the page. The test part is used here and nowhere before.
"""

from __future__ import annotations

from .evaluation import Evaluation, evaluate
from .page import write_report
from .run import Run

__all__ = ["Evaluation", "Run", "evaluate", "write_report"]
