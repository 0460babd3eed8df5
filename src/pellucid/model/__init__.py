"""What a network is: frozen records and plain arrays. Nothing here computes."""
