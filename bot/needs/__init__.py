"""Needs: what somebody asks of IT, from one sentence to a receipt."""
