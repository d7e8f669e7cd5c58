"""Start the fake Slack by hand: `python -m tests.fakes.slack --port 9010`.

With `--app URL` it also talks to a running app: lines such as `U2: the VPN is slow` or
`U2 /groundswell help` on standard input become signed requests.
"""

import argparse
import asyncio
import contextlib
import sys

from . import FakeSlack


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9010)
    parser.add_argument("--rate-limits", action="store_true")
    parser.add_argument("--app", default="", help="base URL of the app, or 'socket'")
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def _line(slack: FakeSlack, line: str) -> None:
    """Do what one typed line says."""
    who, _, rest = line.strip().partition(" ")
    person = slack.user(who.rstrip(":"))
    rest = rest.strip()
    if rest.startswith("/"):
        command, _, text = rest.partition(" ")
        answer = await person.command(command, text)
    elif rest == "home":
        answer = await person.open_home()
    else:
        answer = await person.say(rest)
    _say(f"  {answer.status} in {answer.seconds * 1000:.0f} ms {answer.reason}{answer.text[:300]}")


async def _talk(slack: FakeSlack) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            await _line(slack, line)
        except AssertionError as error:
            _say(f"  {error}")


async def _watch(slack: FakeSlack) -> None:
    """Print each call the app makes and each rule it breaks."""
    calls, violations = slack.state.calls, slack.state.violations
    while True:
        await slack.until(lambda: calls or violations, timeout=86_400)
        while calls:
            call = calls.popleft()
            text = str(call.args.get("text", ""))[:120]
            _say(f"  {call.method} -> {call.outcome} {call.args.get('channel', '')} {text}")
        while violations:
            _say(f"  VIOLATION {violations.pop(0)}")


async def _serve() -> None:
    given = _arguments()
    slack = FakeSlack(rate_limits=given.rate_limits)
    await slack.start(given.port)
    people = ", ".join(f"{user.id} {user.real_name}" for user in slack.state.users.values())
    channels = ", ".join(f"{one.id} #{one.name}" for one in slack.state.channels.values())
    _say(f"people: {people}\nchannels: {channels}")
    for name, value in (
        ("GROUNDSWELL_SLACK_API_URL", slack.api_url),
        ("GROUNDSWELL_SLACK_BOT_TOKEN", slack.token),
        ("GROUNDSWELL_SLACK_SIGNING_SECRET", slack.signing_secret),
        ("GROUNDSWELL_SLACK_APP_TOKEN", slack.app_token),
    ):
        _say(f"export {name}={value}")
    try:
        watching = asyncio.create_task(_watch(slack))
        if given.app:
            if given.app == "socket":
                slack.over_socket()
            else:
                slack.deliver_to(given.app)
            await _talk(slack)
        await watching
    finally:
        await slack.stop()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve())
