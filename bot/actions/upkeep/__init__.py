"""The installation itself: backups, settings, troubles."""
