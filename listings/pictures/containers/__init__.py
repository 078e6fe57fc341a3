"""Pictures as their files keep them: each copies what draws the picture, and nothing that it does not know.

No pixel is touched, so films stay films. Of what was written beside the picture only the way it is turned is kept.
"""
