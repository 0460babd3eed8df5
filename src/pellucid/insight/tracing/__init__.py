"""The parts of a trace: what was computed, as tables, as JSON, and what a formula looks like with its numbers."""
