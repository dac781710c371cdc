package dev.gradine.align;

/// The open door: a preference loss written outside this package.
public non-sealed interface CustomPreferenceLoss extends PreferenceLoss {}
