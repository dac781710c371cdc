package dev.gradine.cli.pipeline;

import dev.gradine.cli.pipeline.Rounds.Stop;
import dev.gradine.cli.pipeline.Stage.Given;
import dev.gradine.data.YamlFile;
import dev.gradine.settings.Settings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// Reads a pipeline from YAML.
///
/// ```
/// title: what it is about
/// vars: {model: DIR, data: FILE}          ${model} stands for it; --set model=DIR in its place
/// stages:
///   - {name: sft, uses: sft, model: ${model}, data: ${data}, lr: 2e-4}
///   - {uses: dpo, model: ${model}, data: pairs.jsonl, init-adapter: ${sft.adapter}}
/// rounds: {count: 2, from: dpo, stop: {win: STAGE, text: STAGE, rise: 0.05, best: STAGE}}
/// compare: [[STAGE, STAGE]]
/// ```
public final class PipelineFile {

    private static final List<String> KEYS = List.of("title", "vars", "stages", "rounds", "compare");

    private final String name;
    private final List<StageKind> kinds;
    private final Variables variables;

    private PipelineFile(String name, List<StageKind> kinds, Variables variables) {
        this.name = name;
        this.kinds = kinds;
        this.variables = variables;
    }

    /// The pipeline of a text.
    ///
    /// @param name of the file, for messages
    /// @param set values of variables that go before those of the file
    /// @param kinds what stages may run
    /// @throws IllegalArgumentException names the file, the stage and the key
    public static Pipeline parse(String name, String text, Map<String, String> set, List<StageKind> kinds) {
        Map<String, ?> top = map(name, YamlFile.parse(name, text));
        try {
            Settings.requireKnown(top.keySet(), KEYS);
            Variables variables = Variables.of(map("vars", top.get("vars")), set);
            return new PipelineFile(name, kinds, variables).read(top);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
        }
    }

    private Pipeline read(Map<String, ?> top) {
        List<Stage> stages = new ArrayList<>();
        for (Object given : list("stages", top.get("stages"))) stages.add(stage(map("stages", given), stages));
        List<List<String>> compare = new ArrayList<>();
        for (Object pair : list("compare", top.get("compare"))) compare.add(texts("compare", pair));
        String title = top.containsKey("title") ? String.valueOf(top.get("title")) : name;
        return new Pipeline(title, stages, rounds(map("rounds", top.get("rounds"))), compare);
    }

    private Stage stage(Map<String, ?> given, List<Stage> before) {
        if (!given.containsKey("uses")) throw new IllegalArgumentException("stages: %s has no uses:".formatted(given));
        StageKind kind = StageKind.named(String.valueOf(given.get("uses")), kinds);
        String own = String.valueOf(given.containsKey("name") ? given.get("name") : kind.uses());
        if (!own.matches("[A-Za-z][A-Za-z0-9_-]*") || own.equals(References.PREVIOUS)) {
            throw new IllegalArgumentException(
                    "stages: %s is no name, expected letters, digits, - and _".formatted(own));
        }
        if (before.stream().anyMatch(s -> s.name().equals(own))) {
            throw new IllegalArgumentException("stages: there are two %s, expected a name: for each".formatted(own));
        }
        SequencedMap<String, Given> options = new LinkedHashMap<>();
        given.forEach((key, value) -> {
            if (!List.of("name", "uses").contains(key)) options.put(key.replace('_', '-'), given(own, key, value));
        });
        return new Stage(own, kind, options);
    }

    private Given given(String stage, String key, @Nullable Object value) {
        String place = stage + ": " + key;
        if (value instanceof Map<?, ?> m && m.containsKey("first")) {
            Map<String, ?> both = map(place, value);
            Settings.requireKnown(both.keySet(), List.of("first", "then"));
            return new Given(texts(place, both.get("first")), texts(place, both.get("then")));
        }
        List<String> all = texts(place, value);
        return new Given(all, all);
    }

    /// A value as texts: of a map `KEY=VALUE` each.
    private List<String> texts(String place, @Nullable Object value) {
        List<String> all = new ArrayList<>();
        switch (value) {
            case null -> {}
            case List<?> l -> l.forEach(item -> all.addAll(texts(place, item)));
            case Map<?, ?> m -> m.forEach((k, v) -> all.add(k + "=" + String.join(",", texts(place, v))));
            default -> all.add(variables.fill(place, value.toString()));
        }
        return all;
    }

    private static Rounds rounds(Map<String, ?> given) {
        if (given.isEmpty()) return Rounds.NONE;
        Settings.requireKnown(given.keySet(), List.of("count", "from", "stop"));
        Map<String, ?> stop = map("stop", given.get("stop"));
        Settings.requireKnown(stop.keySet(), List.of("win", "text", "rise", "best"));
        Stop rule = new Stop(
                text(stop, "win"),
                text(stop, "text"),
                number("rise", stop.get("rise"), Stop.USUAL_RISE),
                text(stop, "best"));
        return new Rounds((int) number("count", given.get("count"), 1), text(given, "from"), rule);
    }

    private static String text(Map<String, ?> given, String key) {
        return given.containsKey(key) ? String.valueOf(given.get(key)) : "";
    }

    private static double number(String key, @Nullable Object given, double usual) {
        if (given == null) return usual;
        if (given instanceof Number n) return n.doubleValue();
        throw new IllegalArgumentException("%s: %s, expected a number".formatted(key, given));
    }

    private static List<?> list(String key, @Nullable Object given) {
        if (given == null) return List.of();
        if (given instanceof List<?> l) return l;
        throw new IllegalArgumentException("%s: %s, expected a list".formatted(key, given));
    }

    @SuppressWarnings("unchecked") // YAML's keys are read as texts
    private static Map<String, ?> map(String key, @Nullable Object given) {
        if (given == null) return Map.of();
        if (given instanceof Map<?, ?> m) return (Map<String, ?>) m;
        throw new IllegalArgumentException("%s: %s, expected a mapping".formatted(key, given));
    }
}
