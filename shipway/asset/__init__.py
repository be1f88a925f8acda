"""What a person brings, looked at before anything is built: which kind of script it is, what it imports, where it will
differ from v1, and whether it will run.
"""
