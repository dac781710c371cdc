package dev.gradine.lab;

/// What an experiment is about.
///
/// @param name what a user types, such as `rslora`
/// @param claim one sentence
/// @param source paper, with equation, section or figure
/// @param setUp model, task, sizes and learning rates of the experiment
public record About(String name, String claim, String source, String setUp) {}
