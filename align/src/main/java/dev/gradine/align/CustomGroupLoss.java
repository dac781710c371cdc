package dev.gradine.align;

/// The open door: a way to learn from rewards written outside this package.
public non-sealed interface CustomGroupLoss extends GroupLoss {}
