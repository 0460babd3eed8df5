"""One file per format: the library's own (safetensors), checkpoints, Python source."""
