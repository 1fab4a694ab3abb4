"""What a verb with sub-verbs does when none is named."""

import click


class ListGroup(click.Group):
    """A group whose sub-verb `list` runs where none is named, with the options that were given to the group."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # With nothing typed yet, completion is about the names of the sub-verbs.
        named = args[0] if args else ("-" if not ctx.resilient_parsing else "")
        if named.startswith("-") and named not in ctx.help_option_names:
            args = ["list", *args]
        return super().parse_args(ctx, args)
