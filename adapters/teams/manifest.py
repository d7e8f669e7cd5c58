"""The app's package for Microsoft Teams: manifest, two icons, and the archive that is uploaded.

The manifest keeps to the public schema 1.22: late enough for all that is used here, early
enough for clients that lag behind. The icons are drawn from the same two strokes as the mark of
the pages, so no picture has to be kept beside the code.
"""

import json
import math
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

from adapters.config import PREFIX, Settings, WrongSettings

SCHEMA = "1.22"
VERSION = "0.1.0"
"""Must rise with every change of the manifest: Teams offers an update by this number alone."""

ARCHIVE = "groundswell-teams.zip"
COLOR, OUTLINE = 192, 32
"""Sides of the two icons in pixels, as the schema's descriptions ask for."""

_ACCENT = "#0B6477"
_WHITE = (255, 255, 255)
_COMMANDS = {
    "help": "What you can do here",
    "my needs": "What you asked for, and where it stands",
    "home": "Your needs and the open questions to you",
    "cancel": "Drop what you are in the middle of",
    "pulse": "For the CIO: ask everyone one question",
    "announce": "For the CIO: draft an announcement and see it first",
}
_SHARED = ("help", "my needs")
_SHORT = "Tell IT what you need, answer a pulse in one tap, hear what became of it."
_FULL = (
    "Groundswell is the bridge between you and IT.\n\n"
    "Say in one sentence what you need: you see it before it is sent, and you get a number and"
    " the day by which a person answers. Answer a pulse with one tap: no name is kept with an"
    " answer, and nothing is shown of fewer than five. Read announcements where you work.\n\n"
    "In channels and group chats it reads only messages that mention it. It runs on your own"
    " organisation's server, which your administrator sets up. Pulses and announcements are"
    " started by the CIO alone."
)

Point: TypeAlias = tuple[float, float]
Curve: TypeAlias = tuple[Point, Point, Point, Point]

# The mark in a square of 32: two swells, the upper one high, the lower one its echo.
_SWELL: tuple[Curve, ...] = (
    ((5, 19), (8.6, 19), (9, 13), (13, 13)),
    ((13, 13), (17, 13), (17.4, 21), (21.4, 21)),
    ((21.4, 21), (24, 21), (25, 19), (27, 19)),
)
_ECHO: tuple[Curve, ...] = (
    ((5, 24.5), (8.6, 24.5), (9, 21.5), (13, 21.5)),
    ((13, 21.5), (17, 21.5), (17.4, 25.5), (21.4, 25.5)),
    ((21.4, 25.5), (24, 25.5), (25, 24.5), (27, 24.5)),
)
_MIDDLE: Point = (16, 19.25)
_HALF_STROKE = 1.3
_STEPS = 12


def manifest(settings: Settings) -> dict[str, Any]:
    """Return the manifest; raise ``WrongSettings`` naming what it needs."""
    _check(settings)
    return {
        "$schema": "https://developer.microsoft.com/json-schemas/teams"
        f"/v{SCHEMA}/MicrosoftTeams.schema.json",
        "manifestVersion": SCHEMA,
        "version": VERSION,
        "id": settings.teams_app_id,
        "developer": {
            "name": "Groundswell",
            "websiteUrl": settings.public_url,
            "privacyUrl": f"{settings.public_url}/privacy",
            "termsOfUseUrl": f"{settings.public_url}/terms",
        },
        "name": {"short": "Groundswell", "full": "Groundswell, the bridge between you and IT"},
        "description": {"short": _SHORT, "full": _FULL},
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": _ACCENT,
        "defaultInstallScope": "personal",
        "defaultGroupCapability": {"team": "bot", "groupchat": "bot"},
        "permissions": ["identity", "messageTeamMembers"],
        "bots": [
            {
                "botId": settings.teams_app_id,
                "scopes": ["personal", "team", "groupChat"],
                "isNotificationOnly": False,
                "supportsFiles": False,
                "commandLists": [
                    _commands(["personal"], tuple(_COMMANDS)),
                    _commands(["team", "groupChat"], _SHARED),
                ],
            }
        ],
    }


def package(settings: Settings) -> dict[str, bytes]:
    """Return the files of the package by name."""
    text = json.dumps(manifest(settings), indent=2, ensure_ascii=False) + "\n"
    accent = bytes.fromhex(_ACCENT.removeprefix("#"))
    return {
        "manifest.json": text.encode(),
        "color.png": png(COLOR, (*accent, 255), reach=0.62),
        "outline.png": png(OUTLINE, (*_WHITE, 0), reach=0.94),
    }


def archive(files: dict[str, bytes]) -> bytes:
    """Return the archive; the same files always give the same bytes."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, content in files.items():
            folder.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def write_teams(settings: Settings, folder: Path) -> list[Path]:
    """Write the files and their archive into a folder, which is made; return what was written."""
    files = package(settings)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in {**files, ARCHIVE: archive(files)}.items():
        path = folder / name
        path.write_bytes(content)
        written.append(path)
    return written


def png(side: int, ground: tuple[int, ...], *, reach: float) -> bytes:
    """Draw the white mark over ``ground`` (red, green, blue, opacity) as a square picture.

    ``reach`` is the share of the width that the mark takes.
    """
    cover = _cover(side, reach)
    rows = b"".join(
        b"\0" + b"".join(_mixed(ground, cover.get((x, y), 0.0)) for x in range(side))
        for y in range(side)
    )
    # Eight bits each of red, green, blue and opacity (colour type 6), not interlaced.
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _check(settings: Settings) -> None:
    faults = []
    if not settings.teams_app_id:
        faults.append(
            "TEAMS_APP_ID: missing; it is the Application (client) ID of the registration"
        )
    if not settings.public_url.startswith("https://"):
        faults.append(
            "PUBLIC_URL: Teams needs an https address, for instance https://bot.example.com"
        )
    if faults:
        lines = [f"  {PREFIX}{fault}" for fault in faults]
        raise WrongSettings("\n".join(["Some settings are missing or wrong:", *lines]))


def _commands(scopes: list[str], titles: tuple[str, ...]) -> dict[str, Any]:
    listed = [{"title": title, "description": _COMMANDS[title]} for title in titles]
    return {"scopes": scopes, "commands": listed}


def _cover(side: int, reach: float) -> dict[tuple[int, int], float]:
    """Tell which share of each pixel the mark covers."""
    left, right = _SWELL[0][0][0] - _HALF_STROKE, _SWELL[-1][-1][0] + _HALF_STROKE
    scale = side * reach / (right - left)
    radius = _HALF_STROKE * scale
    cover: dict[tuple[int, int], float] = {}
    for stroke in (_SWELL, _ECHO):
        points = [_placed(point, scale, side) for point in _points(stroke)]
        for start, end in pairwise(points):
            for pixel in _near(start, end, radius, side):
                centre = (pixel[0] + 0.5, pixel[1] + 0.5)
                share = min(1.0, max(0.0, radius + 0.5 - _distance(centre, start, end)))
                cover[pixel] = max(cover.get(pixel, 0.0), share)
    return cover


def _points(stroke: tuple[Curve, ...]) -> Iterator[Point]:
    for number, (a, b, c, d) in enumerate(stroke):
        for step in range(1 if number else 0, _STEPS + 1):
            t = step / _STEPS
            u = 1 - t
            weights = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
            pairs = list(zip(weights, (a, b, c, d), strict=True))
            yield sum(w * p[0] for w, p in pairs), sum(w * p[1] for w, p in pairs)


def _placed(point: Point, scale: float, side: int) -> Point:
    (x, y), (middle_x, middle_y) = point, _MIDDLE
    return (x - middle_x) * scale + side / 2, (y - middle_y) * scale + side / 2


def _near(start: Point, end: Point, radius: float, side: int) -> Iterator[tuple[int, int]]:
    spans = [
        range(
            max(0, math.floor(min(a, b) - radius - 1)),
            min(side, math.ceil(max(a, b) + radius + 1)),
        )
        for a, b in zip(start, end, strict=True)
    ]
    return ((x, y) for x in spans[0] for y in spans[1])


def _distance(point: Point, start: Point, end: Point) -> float:
    (x, y), (ax, ay), (bx, by) = point, start, end
    dx, dy = bx - ax, by - ay
    along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)
    nearest = min(1.0, max(0.0, along))
    return math.hypot(x - ax - nearest * dx, y - ay - nearest * dy)


def _mixed(ground: tuple[int, ...], share: float) -> bytes:
    red, green, blue, opacity = ground
    if not opacity:
        return bytes((*_WHITE, round(255 * share)))
    return bytes(round(c + (255 - c) * share) for c in (red, green, blue)) + b"\xff"


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)
