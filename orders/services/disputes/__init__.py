"""Disputes: `opening`, `talking` and `evidence` say things; `settling` ends one amicably; `escalating` is the clock;
`bundle` is what an operator decides by. Whether one is open, only the order says.
"""
