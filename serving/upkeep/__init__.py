"""Upkeep for the operator: health checks of a home, backup and restore of a tenant."""

from serving.upkeep.backup import BackupReport, back_up
from serving.upkeep.doctor import examine
from serving.upkeep.findings import Finding
from serving.upkeep.restore import RestoreReport, restore

__all__ = ["BackupReport", "Finding", "RestoreReport", "back_up", "examine", "restore"]
