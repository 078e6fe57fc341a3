"""Pictures as such: what looks dangerous, decoding under limits, versions, clean copies, colour.

Knows no database, no store and no settings. Start in `painter.py`: decoding happens in a process of its own, because
what decodes bytes from strangers should hold no secrets and be cheap to kill.
"""
