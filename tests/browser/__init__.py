"""The demo in a real browser: each story from the first click to the stored effect."""
