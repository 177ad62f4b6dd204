"""``nimba serve``: a classifier that answers over HTTP, and a page to drop files on."""
