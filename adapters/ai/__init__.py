"""Understanding words. Whatever a model may do later has a deterministic twin here.

``offline`` is that twin: it needs no network, and the tests run on it.
"""
