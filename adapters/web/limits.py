"""What a request of the page may hold.

Ours alone: a browser has no limit worth naming. ``WORDS`` is what the product promises to take in
one message (100,000 characters); a character is at most twelve bytes when a form is encoded
(four UTF-8 bytes, each as ``%XX``), hence ``BODY``.
"""

WORDS = 100_000
BODY = 12 * WORDS + 65_536
KEY = 64  # a random UUID is 36 characters long
FIELDS = 200  # a dialog has fewer than ten inputs; a multiple choice may add its options
LINES = 200  # lines shown of one conversation
WAITING = 256  # events an open page may lag behind before it is told to load itself again
