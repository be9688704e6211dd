"""Translation between our types and one outside thing, one folder or file each."""
