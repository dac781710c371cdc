package dev.gradine.peft;

/// The open door: a method written outside this package. Adapters of it are saved and merged at once; to be found by
/// name and to load them, it needs a public constructor without arguments and a line with its name in
/// `META-INF/services/dev.gradine.peft.CustomMethod`.
public non-sealed interface CustomMethod extends Method {}
