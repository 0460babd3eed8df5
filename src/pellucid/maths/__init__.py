"""The equations: pure functions of arrays, forward and backward side by side. README.md here is the legend."""
