"""The settings of evidence: when a hit is worth a capture, and how much one capture may cost."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class CaptureBounds(BaseModel):
    """What one capture may cost at most. What a bound cut off is listed in the capture's metadata.

    The defaults fit an ordinary landing page with a wide margin (HTTP Archive's 95th percentile of 2024:
    10 MB and 250 requests) and keep a hostile one from filling memory or disk.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float = Field(default=30.0, gt=0, le=600)
    """From the first request to the last picture."""
    quiet_seconds: float = Field(default=0.4, ge=0, le=10)
    """The page counts as loaded once nothing was under way for this long after its load event."""
    response_seconds: float = Field(default=8.0, gt=0, le=600)
    """A single response body that takes longer is cut off."""
    total_bytes: int = Field(default=64 * 2**20, ge=1024)
    """Response bodies of one capture, decoded."""
    requests: int = Field(default=400, ge=1)
    screenshot_height: int = Field(default=15_000, ge=100, le=16_000)
    """CSS pixels; Chromium draws no surface above 16,384 pixels."""
    memory_bytes: int = Field(default=1200 * 2**20, ge=2**28)
    """Resident memory of the browser with its children; above it the browser is ended."""


class EvidenceSettings(BaseModel):
    """The `evidence` section of the settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_severity: int = Field(default=3, ge=1, le=4)
    """Hits from this severity on are captured (1 low, 2 medium, 3 high, 4 critical)."""
    bounds: CaptureBounds = CaptureBounds()
