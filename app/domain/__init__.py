"""The Положение as plain Python: no Flask, no SQLAlchemy, no clock."""
