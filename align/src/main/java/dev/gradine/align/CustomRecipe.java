package dev.gradine.align;

/// The open door: a recipe written outside this package.
///
/// @param <E> an example
public non-sealed interface CustomRecipe<E> extends Recipe<E> {}
