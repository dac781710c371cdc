package dev.gradine.cli.plan;

/// One part of the memory of a run.
///
/// @param name what it is
/// @param bytes how much
/// @param formula how that follows, with numbers
public record MemoryItem(String name, long bytes, String formula) {}
