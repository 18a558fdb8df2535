"""Long tasks in the background: `queue` keeps them, `tasks` says what each does, `worker` does them one by one.

A job and what it changes are stored in one transaction that also says who works at it: whatever happens to the worker,
a job ends once.
"""
