"""The browser chat: a third platform on the same core, outbox and storage; it is the demo.

Read in this order:

``limits``     what a request may hold
``auth``       which requests are ours: host, origin, token
``forms``      posts, read with care
``parse``      ids, and posts of the page into ``bot.heard``
``render``     a card or a dialog into HTML, pure; ``chart`` lays out its charts
``directory``  the organisation as the page shows it
``pages``      a conversation as one person sees it
``hub``        who has which page open; what they are told
``send``       the outbox's way to the page: stores lines, tells the hub
``app``        the routes
``seed``       the fictional organisation, whose people and words ``stories`` holds

Quirks of this platform:

- Anybody may be anybody: the person is part of the address, so that two tabs are two people.
  Hence requests are taken only under a loopback name, and only from our own pages.
- Lines are stored through the ``Chat`` port, since no platform keeps them for us.
- A press carries a random id made by the page. The page uses it again when the same button is
  pressed twice within a second, so that a double click is one event.
- A dialog travels in its own form, signed: the server can draw it again with its errors and
  keeps nothing.
- Everything works without scripts as well, except that the page then does not update by itself.
"""
