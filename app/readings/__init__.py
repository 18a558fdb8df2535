"""What screens show that is more than a list: read under the scope, never written."""
