class Broken(Exception):
    """The file does not keep to its own format: what is in it cannot be told apart."""
