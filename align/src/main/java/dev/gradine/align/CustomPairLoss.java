package dev.gradine.align;

/// The open door: a loss over pairs of answers written outside this package.
public non-sealed interface CustomPairLoss extends PairLoss {}
