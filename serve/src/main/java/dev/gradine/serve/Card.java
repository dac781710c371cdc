package dev.gradine.serve;

import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A model that is served under a name.
///
/// @param name what requests call it
/// @param root where it lies
/// @param parent name of the base model of an adapter; null for the base model
/// @param created when it was loaded
public record Card(String name, Path root, @Nullable String parent, Instant created) {}
