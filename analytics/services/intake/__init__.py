"""How events come in: read from a body, or told by the product itself; then written, once, in one short statement."""
