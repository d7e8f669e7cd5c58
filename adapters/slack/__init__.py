"""Slack. Read ``app`` → ``parse`` → ``render`` → ``send`` → ``limits``, then what they stand on.

``app``       routes: size, signature, parse once; start, stop and health
``auth``      who really sent this
``dispatch``  seven Bolt listeners and one table of routes
``reply``     what each kind of request is answered with
``parse``     payload → ``bot.heard``, pure; the ids
``render``    card → Block Kit, pure; with ``pen`` (texts), ``figures`` (tables and charts)
              and ``inputs``
``send``      the way out: one outgoing copy → one outcome
``api``       the one HTTP client, and Slack's errors as outcomes
``tokens``    installations, cached authorisation, token rotation
``socket``    Socket Mode into the same dispatcher
``limits``    figures of Slack's, and the buckets that keep to them

Quirks that shaped this folder: an acknowledgement must come within three seconds and a
``trigger_id`` dies with it; an event that was not acknowledged comes again, an interaction never
does; a body that merely contains the word "payload" confuses Bolt's parser, so Bolt gets a dict;
screen readers read ``text`` and nothing else; ``chat.postMessage`` has no idempotency key.
"""
