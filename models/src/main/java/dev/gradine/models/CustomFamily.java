package dev.gradine.models;

/// The open door: a family written outside this package. See `Families.with`.
public non-sealed interface CustomFamily extends Family {}
