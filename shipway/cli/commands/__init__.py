"""One module a command, imported only when that command was typed.

A command's module has

    add_arguments(parser: Parser) -> None         says which arguments it takes
    run(args: Namespace, context: Context) -> int  does it and returns the exit code

and imports what is slow (the store, Prefect, a target) inside its functions. A module with verbs, such as
`shipway model list`, adds each with `parser.add_verb(name, function, summary)` and runs `args.verb(args, context)`.
With `DEFAULT_VERB = "start"` in the module, `shipway release RELEASE.yaml` means `shipway release start RELEASE.yaml`:
that verb is put in wherever the first word is no verb.

A new command also needs its line in shipway/cli/tree.py. `-o`, `--workspace` and `--debug` are understood everywhere.
"""
