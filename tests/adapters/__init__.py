"""Adapters: platforms as HTTP servers, renderers against judges."""
