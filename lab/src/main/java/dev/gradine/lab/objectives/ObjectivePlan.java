package dev.gradine.lab.objectives;

import dev.gradine.align.AlphaPo;
import dev.gradine.align.Bco;
import dev.gradine.align.Cpo;
import dev.gradine.align.Dpo;
import dev.gradine.align.Kto;
import dev.gradine.align.Orpo;
import dev.gradine.align.Recipe;
import dev.gradine.align.Sft;
import dev.gradine.align.Simpo;
import dev.gradine.align.Slic;
import dev.gradine.align.Tpo;
import dev.gradine.align.pair.PairFormula;
import dev.gradine.lab.page.PageHead;
import dev.gradine.settings.Settings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/// How objectives are compared: the same number of steps on the same rows for each.
///
/// @param steps of each training
/// @param batch pairs of a step; of answers that are judged alone twice as many
/// @param maxLength tokens of a row
/// @param held rows that are measured on and not learnt from
/// @param lr learning rate, where an objective is given no other
/// @param with options of objectives, by objective; `lr` and `steps` are some of each
public record ObjectivePlan(
        int steps, int batch, int maxLength, int held, double lr, Map<String, Map<String, String>> with) {

    private static final String RATE = "lr";
    private static final String STEPS = "steps";
    private static final List<String> OF_DPO = List.of("ipo", "apo_zero");

    /// @throws IllegalArgumentException if a number is out of range, or `with` names no objective
    public ObjectivePlan {
        if (steps < 1) throw new IllegalArgumentException("steps: %d, expected at least 1".formatted(steps));
        if (batch < 1) throw new IllegalArgumentException("batch: %d, expected at least 1".formatted(batch));
        if (held < 1) throw new IllegalArgumentException("held: %d, expected at least 1".formatted(held));
        with.keySet().forEach(ObjectivePlan::named);
    }

    private static SequencedMap<String, Recipe<?>> all() {
        SequencedMap<String, Recipe<?>> all = new LinkedHashMap<>();
        List<Recipe<?>> others = List.of(
                Kto.defaults(),
                Bco.defaults(),
                Orpo.defaults(),
                Cpo.defaults(),
                Simpo.defaults(),
                AlphaPo.defaults(),
                Slic.defaults(),
                Tpo.defaults());
        all.put("sft", Sft.defaults());
        all.put("dpo", Dpo.defaults());
        for (String loss : OF_DPO) all.put(loss, Settings.of(Dpo.defaults()).read(Map.of("loss", loss)));
        for (Recipe<?> r : others) all.put(r.about().name(), r);
        return all;
    }

    /// Names of all objectives: those of DPO's losses that people use, and all recipes that learn from pairs or judged
    /// answers.
    public static List<String> names() {
        return List.copyOf(all().keySet());
    }

    private static Recipe<?> named(String name) {
        Recipe<?> recipe = all().get(name);
        if (recipe != null) return recipe;
        throw new IllegalArgumentException(
                "objective: \"%s\", expected one of %s".formatted(name, String.join(", ", names())));
    }

    /// The class whose file has the formula.
    static Class<?> formula(String name) {
        return OF_DPO.contains(name)
                ? PairFormula.parse(name).getClass()
                : named(name).getClass();
    }

    /// The objective of that name with its options.
    ///
    /// @throws IllegalArgumentException lists the names there are, or names the option that it does not have
    public Recipe<?> recipe(String name) {
        Map<String, String> own = new LinkedHashMap<>(options(name));
        own.keySet().removeAll(List.of(RATE, STEPS));
        return (Recipe<?>) Settings.of((Record) named(name)).read(own);
    }

    /// Its learning rate.
    ///
    /// @throws IllegalArgumentException if it is no number above 0
    public double rate(String name) {
        return above0(name, RATE, options(name).getOrDefault(RATE, "" + lr));
    }

    /// Steps of its training.
    ///
    /// @throws IllegalArgumentException if they are no whole number above 0
    public int steps(String name) {
        double given = above0(name, STEPS, options(name).getOrDefault(STEPS, "" + steps));
        if (given == Math.rint(given)) return (int) given;
        throw new IllegalArgumentException("%s: steps is %s, expected a whole number".formatted(name, given));
    }

    private static double above0(String name, String option, String given) {
        try {
            double number = Double.parseDouble(given);
            if (number > 0) return number;
        } catch (NumberFormatException e) { // told below
        }
        throw new IllegalArgumentException("%s: %s is %s, expected a number above 0".formatted(name, option, given));
    }

    /// Options of an objective as a user types them, but for the rate.
    String typed(String name) {
        return options(name).entrySet().stream()
                .filter(e -> !e.getKey().equals(RATE))
                .map(e -> "--" + e.getKey() + " " + e.getValue())
                .collect(Collectors.joining(" "));
    }

    private Map<String, String> options(String name) {
        return with.getOrDefault(name, new LinkedHashMap<>());
    }

    /// Such as `40 steps of 4 pairs of at most 256 tokens, 60 rows held out, rate 2e-4`.
    public String text() {
        return "%d steps of %d pairs of at most %d tokens, %d rows held out, rate %s"
                .formatted(steps, batch, maxLength, held, PageHead.rate(lr));
    }
}
