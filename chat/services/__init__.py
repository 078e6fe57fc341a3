"""Changes in rooms. `access` says who may do what, `log` is how a room grows, `sending` is its short road."""
