"""The command ``groundswell``: a fault it can foresee is one plain sentence, not a traceback."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from adapters import config, log, serving
from adapters.config import Settings, WrongSettings
from adapters.voice import voice
from adapters.wiring import Instance, storage
from bot.examples import examples
from bot.ports import Unavailable
from storage import InUse, Refused, SchemaProblem

WRONG = 2

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The Slack and Microsoft Teams bot with which a CIO builds bridges to the business.",
)
manifest = typer.Typer(no_args_is_help=True, help="Write the file that registers the bot.")
app.add_typer(manifest, name="manifest")

Out = Annotated[Path, typer.Option(help="Folder to write to.")]


@contextmanager
def _plainly() -> Iterator[None]:
    """Turn foreseeable faults into a sentence and exit code 2."""
    try:
        yield
    except (WrongSettings, SchemaProblem, InUse, Refused, Unavailable, serving.Blocked) as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(WRONG) from None


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="First port to try.")] = 8080,
    folder: Annotated[
        Path | None, typer.Option(help="Keep the demo's data here instead of throwing it away.")
    ] = None,
) -> None:
    """Start a fictional organisation in a browser chat on this machine."""
    log.configure()
    with _plainly():
        import_module("adapters.demo").run(port, folder)


@app.command()
def serve() -> None:
    """Run the bot: requests, outbox and clock in one process."""
    log.configure()
    with _plainly():
        settings = config.load()
        if not (settings.slack or settings.teams):
            raise WrongSettings(
                "No platform is connected. Set GROUNDSWELL_SLACK_BOT_TOKEN or"
                " GROUNDSWELL_TEAMS_APP_ID (the README says how), or try: groundswell demo"
            )
        store = storage(settings)
        try:
            store.check()
            serving.serve(Instance(settings, store))
        finally:
            store.close()


@app.command()
def migrate(
    revision: Annotated[str, typer.Argument(help="Where to; the newest by default.")] = "head",
) -> None:
    """Make the database's schema fit this version."""
    log.configure()
    with _plainly():
        store = storage(config.load())
        try:
            store.migrate(revision)
        finally:
            store.close()
    typer.echo("The database is ready.")


@app.command()
def doctor() -> None:
    """Check settings, database and platforms, and say what to do about each fault."""
    log.configure()
    with _plainly():
        settings = config.load()
        store = storage(settings)
        try:
            found = serving.examine(settings, store)
        finally:
            store.close()
    for name, words in found.items():
        typer.echo(f"{'ok  ' if words.startswith('ok') else 'LOOK'}  {name}: {words}")
    if not all(words.startswith("ok") for words in found.values()):
        raise typer.Exit(1)


@app.command()
def preview(
    out: Out = Path("data/preview"),
    locale: Annotated[str, typer.Option(help="Language, for instance de or ar-XB.")] = "en",
) -> None:
    """Write every card as Slack, Teams, web and plain text, for review."""
    preview_cards = import_module("adapters.preview")
    written = preview_cards.write(examples(voice(locale, "UTC")), out)
    typer.echo(f"{written} cards written; open {out / 'index.html'}")


@manifest.command("slack")
def manifest_slack(out: Out = Path("data/slack")) -> None:
    """Write the Slack app manifest for the present settings."""
    _manifest(import_module("adapters.slack.manifest").write_slack, out)


@manifest.command("teams")
def manifest_teams(out: Out = Path("data/teams")) -> None:
    """Write the Teams app package for the present settings."""
    _manifest(import_module("adapters.teams.manifest").write_teams, out)


def _manifest(write: Callable[[Settings, Path], list[Path]], out: Path) -> None:
    with _plainly():
        for path in write(config.load(), out):
            typer.echo(str(path))


def main() -> None:
    """Run the command."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
