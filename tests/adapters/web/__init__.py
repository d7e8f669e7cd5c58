"""The browser chat without a browser."""
