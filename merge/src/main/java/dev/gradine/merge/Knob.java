package dev.gradine.merge;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A number of the configuration, which may differ from tensor to tensor: one value; a list that is interpolated over
/// the layers; or values with a part of the tensor's name each, of which the first that fits counts.
///
/// ```
/// weight: 0.5        weight: [0, 0.5, 1]        weight: [{filter: mlp, value: 0.3}, {value: 1}]
/// ```
public sealed interface Knob {

    /// The value for a tensor; none if no filter fits.
    ///
    /// @param tensor its name
    /// @param depth from 0 at the first layer to 1 at the last; 0 for what belongs to no layer
    Optional<Double> at(String tensor, double depth);

    /// The same everywhere. True is 1, false 0.
    record Same(double value) implements Knob {
        @Override
        public Optional<Double> at(String tensor, double depth) {
            return Optional.of(value);
        }
    }

    /// Interpolated between neighbours, which stand at equal distances over the layers.
    record Gradient(List<Double> values) implements Knob {
        @Override
        public Optional<Double> at(String tensor, double depth) {
            double scaled = depth * (values.size() - 1);
            int low = (int) scaled;
            int high = Math.min(values.size() - 1, low + 1);
            double between = scaled - low;
            return Optional.of((1 - between) * values.get(low) + between * values.get(high));
        }
    }

    /// The first whose filter is part of the tensor's name; an empty filter, or `*`, is part of every name.
    record Filtered(List<Case> cases) implements Knob {

        /// A filter and what holds where it fits.
        record Case(String filter, Knob value) {}

        @Override
        public Optional<Double> at(String tensor, double depth) {
            for (Case c : cases) {
                if (c.filter.isEmpty() || c.filter.equals("*") || tensor.contains(c.filter)) {
                    return c.value.at(tensor, depth);
                }
            }
            return Optional.empty();
        }
    }

    /// Reads what stands in the configuration.
    ///
    /// @param where names the place in messages
    /// @throws MergeException if it is none of the three
    static Knob read(Object json, String where) {
        if (json instanceof Number n) return new Same(n.doubleValue());
        if (json instanceof Boolean b) return new Same(b ? 1 : 0);
        if (json instanceof Map<?, ?> m) return new Filtered(List.of(filtered(m, where)));
        if (!(json instanceof List<?> list) || list.isEmpty()) {
            throw new MergeException("%s: %s, expected a number, a list of numbers, or a list of filter and value"
                    .formatted(where, json));
        }
        if (list.stream().allMatch(Number.class::isInstance)) {
            return new Gradient(
                    list.stream().map(o -> ((Number) o).doubleValue()).toList());
        }
        List<Filtered.Case> cases = new ArrayList<>();
        for (Object o : list) {
            if (!(o instanceof Map<?, ?> m)) throw new MergeException(where + ": " + o + ", expected filter and value");
            cases.add(filtered(m, where));
        }
        return new Filtered(cases);
    }

    private static Filtered.Case filtered(Map<?, ?> m, String where) {
        Object value = m.get("value");
        boolean known = m.keySet().stream().allMatch(k -> k.equals("filter") || k.equals("value"));
        if (value == null || !known) {
            throw new MergeException(where + ": " + m + ", expected filter and value and no other key");
        }
        Object filter = m.get("filter");
        return new Filtered.Case(filter == null ? "" : filter.toString(), read(value, where));
    }
}
