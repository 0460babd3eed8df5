"""FANN's own files, `.net` and `.data`, and the plain data that they hold.

They stand here and not beside FANN's bindings (`pellucid.fann`), since any network saves to and loads from them.
"""
