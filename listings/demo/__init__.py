"""A believable campus for developers' machines: people, what they offer, and the pictures of it.

Everything comes out of a seed and a position (`chance.py`), so the same command makes the same campus, and a part of
it that is there already is recognised by its id. Nothing is announced: demo rows raise no events and send no notices.
Start reading in `campus.py`.
"""
