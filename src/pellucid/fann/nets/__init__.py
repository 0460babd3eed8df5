"""What a FANN network can do, one file a family: `networks.py` puts them together."""
