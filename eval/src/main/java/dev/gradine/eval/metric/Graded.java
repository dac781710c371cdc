package dev.gradine.eval.metric;

import java.util.List;
import java.util.SequencedMap;

/// What one item is worth after one filter.
///
/// @param filter its name; `none` without one
/// @param filtered the answers as they are graded
/// @param points by metric
public record Graded(String filter, List<Object> filtered, SequencedMap<String, Point> points) {}
