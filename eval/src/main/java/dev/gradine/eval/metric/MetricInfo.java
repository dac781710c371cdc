package dev.gradine.eval.metric;

/// What is known of a metric besides its values.
///
/// @param name as lm-evaluation-harness writes it
/// @param aggregate how items become one number
/// @param higherIsBetter whether more is better
public record MetricInfo(String name, Aggregate aggregate, boolean higherIsBetter) {}
