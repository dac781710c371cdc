package dev.gradine.peft;

/// The open door: an adapter written outside this package.
public non-sealed interface CustomAdapter extends Adapter {}
