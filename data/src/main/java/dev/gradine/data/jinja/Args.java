package dev.gradine.data.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Evaluated arguments of a call, filter or test.
///
/// @param positional in order
/// @param named by name, in order
record Args(List<Object> positional, Map<String, Object> named) {
    static final Args NONE = new Args(List.of(), Map.of());

    /// Stands where a parameter has no argument.
    private enum Absent {
        ABSENT
    }

    /// Assigns the arguments to parameters; what has no argument is absent.
    Bound bind(String function, String... parameters) {
        if (positional.size() > parameters.length) {
            throw new Fault(
                    function + ": has " + positional.size() + " arguments, expected at most " + parameters.length);
        }
        Object[] out = new Object[parameters.length];
        Arrays.fill(out, Absent.ABSENT);
        for (int i = 0; i < positional.size(); i++) out[i] = positional.get(i);
        List<String> names = List.of(parameters);
        named.forEach((name, value) -> {
            int i = names.indexOf(name);
            if (i < 0) throw new Fault(function + ": has no parameter '" + name + "'");
            if (out[i] != Absent.ABSENT) throw new Fault(function + ": parameter '" + name + "' is given twice");
            out[i] = value;
        });
        return new Bound(function, List.of(parameters), Arrays.asList(out));
    }

    /// These arguments without the first positional one.
    Args rest() {
        return new Args(positional.subList(1, positional.size()), named);
    }

    /// Arguments by parameter.
    record Bound(String function, List<String> parameters, List<Object> values) {
        boolean has(int i) {
            return values.get(i) != Absent.ABSENT;
        }

        Object get(int i) {
            if (!has(i)) throw new Fault(function + ": argument '" + parameters.get(i) + "' is missing");
            return values.get(i);
        }

        Object get(int i, Object otherwise) {
            return has(i) ? values.get(i) : otherwise;
        }

        boolean isGiven(int i) {
            return has(i) && values.get(i) != None.NONE;
        }

        String string(int i) {
            if (get(i) instanceof String s) return s;
            throw new Fault(function + ": argument '" + parameters.get(i) + "' is " + Values.type(get(i))
                    + ", expected a string");
        }

        String string(int i, String otherwise) {
            return isGiven(i) ? string(i) : otherwise;
        }

        int integer(int i, int otherwise) {
            if (!isGiven(i)) return otherwise;
            return Values.index(get(i), function + ": argument '" + parameters.get(i) + "'");
        }

        boolean flag(int i, boolean otherwise) {
            return has(i) ? Values.truth(get(i)) : otherwise;
        }
    }

    static Args of(Object... positional) {
        return new Args(List.of(positional), Map.of());
    }

    /// Collects arguments one by one.
    static final class Builder {
        private final List<Object> positional = new ArrayList<>();
        private final Map<String, Object> named = new LinkedHashMap<>();

        void add(Object value) {
            positional.add(value);
        }

        void add(String name, Object value) {
            if (named.put(name, value) != null) throw new Fault("argument '" + name + "' is given twice");
        }

        Args build() {
            return new Args(positional, named);
        }
    }
}
