"""The words that forms offer: levels, types, sources and reasons, kept by administrators."""
