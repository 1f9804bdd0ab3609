"""The lake: landed rows by channel, stream and date, what was refused beside them, and the manifests."""
