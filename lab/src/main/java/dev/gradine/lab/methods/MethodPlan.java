package dev.gradine.lab.methods;

import dev.gradine.lab.page.PageHead;
import dev.gradine.peft.Method;
import dev.gradine.peft.Methods;
import dev.gradine.settings.Settings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// How methods are compared: the same steps on the same rows for each, at each of several learning rates,
/// since what suits one method is far too high or low for another.
///
/// @param steps of each training
/// @param batch rows of a step
/// @param maxLength tokens of a row
/// @param held rows that are measured on and not learnt from
/// @param rates learning rates
/// @param with options of methods, by method
public record MethodPlan(
        int steps, int batch, int maxLength, int held, List<Double> rates, Map<String, Map<String, String>> with) {

    /// @throws IllegalArgumentException if a number is out of range, or `with` names no method
    public MethodPlan {
        if (steps < 1) throw new IllegalArgumentException("steps: %d, expected at least 1".formatted(steps));
        if (batch < 1) throw new IllegalArgumentException("batch: %d, expected at least 1".formatted(batch));
        if (held < 1) throw new IllegalArgumentException("held: %d, expected at least 1".formatted(held));
        if (rates.isEmpty()) throw new IllegalArgumentException("rates: none, expected at least one learning rate");
        with.keySet().forEach(MethodPlan::named);
    }

    /// The method of that name with its defaults.
    ///
    /// @throws IllegalArgumentException lists the names there are
    static Method named(String name) {
        for (Method m : Methods.all()) if (m.name().equals(name)) return m;
        throw new IllegalArgumentException(
                "method: \"%s\", expected one of %s".formatted(name, String.join(", ", names())));
    }

    /// Such as `6 steps of 4 rows of at most 128 tokens, 12 rows held out, rates 3e-4 and 5e-3`.
    public String text() {
        return "%d steps of %d rows of at most %d tokens, %d rows held out, rates %s"
                .formatted(
                        steps,
                        batch,
                        maxLength,
                        held,
                        String.join(" and ", rates.stream().map(PageHead::rate).toList()));
    }

    /// Names of all methods.
    public static List<String> names() {
        return Methods.all().stream().map(Method::name).toList();
    }

    /// The method of that name with its options.
    ///
    /// @throws IllegalArgumentException names the option that it does not have, or the value that cannot be read
    public Method method(String name) {
        Method defaults = named(name);
        return (Method) Settings.of((Record) defaults).read(options(name));
    }

    /// Options of a method as a user types them.
    String typed(String name) {
        return options(name).entrySet().stream()
                .map(e -> "--" + e.getKey() + " " + e.getValue())
                .collect(Collectors.joining(" "));
    }

    private Map<String, String> options(String name) {
        return with.getOrDefault(name, new LinkedHashMap<>());
    }
}
