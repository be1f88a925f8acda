"""Microsoft's published inference server and ours, on the same script, asked the same: every difference is listed."""
