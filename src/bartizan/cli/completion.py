"""`bartizan completion`: the script that completes verbs and options in a shell."""

import click
from click.shell_completion import get_completion_class

EXAMPLES = """\b
Examples:
  bartizan completion bash > ~/.local/share/bash-completion/completions/bartizan
  bartizan completion zsh > "${fpath[1]}/_bartizan"
  bartizan completion fish > ~/.config/fish/completions/bartizan.fish
"""


@click.command(epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes verbs and options in your shell."""
    from bartizan.cli.lazy import bartizan

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"click knows no completion for {shell}")
    # Not `source()`: for bash that starts a shell to ask its version.
    maker = kind(bartizan, {}, "bartizan", "_BARTIZAN_COMPLETE")
    click.echo(maker.source_template % maker.source_vars())
