"""Announcements: drafted, seen exactly as others will see them, confirmed, delivered, counted."""
