"""Hand-written questions about numbers, and the querysets of what is counted."""
