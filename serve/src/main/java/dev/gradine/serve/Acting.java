package dev.gradine.serve;

import dev.gradine.nn.Adapters;

/// What acts for a request: it never changes, whatever is loaded or removed under its name later.
///
/// @param fingerprint hash of the base model and, behind a dash, of the adapters
/// @param adapters those of the base model or of one adapter; the same object as long as the same weights act
public record Acting(String fingerprint, Adapters adapters) {}
