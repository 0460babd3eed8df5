"""What `fann.py` is made of: one script of FANN's bindings, run with the real ones and with pellucid's."""
