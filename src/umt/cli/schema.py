"""`umt schema`: the published contracts as committed files, and whether they still hold.

Exit status: 0 done, 1 a contract does not hold, 2 wrong use.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from umt.application import schemas
from umt.application.contracts import published_views
from umt.application.schemas import Breaking, Contract, Difference
from umt.cli.committed import last_committed
from umt.projections.catalogue import PROJECTIONS, VIEWS

app = typer.Typer(name="schema", help="Export and check the published contracts.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option("--folder", help="Where the contracts are committed.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def published() -> dict[str, Contract]:
    """Everything that is published, by name."""
    # Imported here: the API's schema takes longer to build than any other command takes to answer.
    from umt.api import contracts

    views = published_views(PROJECTIONS.values(), VIEWS)
    return {
        "events": schemas.events(),
        "read models": schemas.read_models(views),
        "data contracts": schemas.contracts(views),
        "catalogue of events": schemas.catalogue(),
        "GraphQL": contracts.graphql(last_committed),
        "REST": contracts.rest(last_committed),
    }


@app.command()
def export(folder: Folder = Path("schemas")) -> None:
    """Write the contracts that are not current, unless a change would break those who read them."""
    broken: list[Difference] = []
    for name, contract in published().items():
        for difference in contract.surprises(folder):
            typer.echo(f"warning: {difference}", err=True)
        try:
            written = schemas.export(contract, folder)
        except Breaking as error:
            broken += error.differences
        else:
            typer.echo(f"{name}: {len(written)} written" if written else f"{name}: current")
    for difference in broken:
        typer.echo(str(difference), err=True)
    raise typer.Exit(1 if broken else 0)


@app.command()
def check(folder: Folder = Path("schemas"), as_json: Json = False) -> None:
    """Say whether the committed contracts are what this program publishes, and whether they break those who read them."""
    if not folder.is_dir():
        typer.echo(f"There is no folder {folder}. Run this where it is, or name it with --folder.", err=True)
        raise typer.Exit(2)
    known = published()
    found = {name: schemas.check(contract, folder) for name, contract in known.items()}
    surprising = {name: list(contract.surprises(folder)) for name, contract in known.items()}
    holds = not any(found.values())
    if as_json:
        typer.echo(json.dumps({"ok": holds, "differences": _rows(found), "warnings": _rows(surprising)}))
    else:
        for name, differences in found.items():
            typer.echo(f"{name}: {_verdict(differences)}")
            for difference in differences:
                typer.echo(f"  {difference}")
            for difference in surprising[name]:
                typer.echo(f"  warning: {difference}")
    raise typer.Exit(0 if holds else 1)


def _rows(found: dict[str, list[Difference]]) -> list[dict[str, Any]]:
    return [
        {"contract": name, "file": each.file, "reason": each.reason, "breaking": each.breaking}
        for name, differences in found.items()
        for each in differences
    ]


def _verdict(differences: list[Difference]) -> str:
    if not differences:
        return "hold"
    breaking = sum(each.breaking for each in differences)
    return f"{len(differences)} differ, {breaking} of them would break readers"
