package dev.gradine.cli;

import dev.gradine.io.Json;
import dev.gradine.io.WeightFile;
import dev.gradine.peft.AdapterConfig;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.Selection;
import dev.gradine.peft.Targets;
import dev.gradine.settings.Setting;
import dev.gradine.settings.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/// What an adapter's folder says of it, in words.
final class AdapterSummary {

    private AdapterSummary() {}

    /// Method and options, places, base model, number of values: a line each.
    static List<String> lines(Path folder, WeightFile weights) {
        AdapterConfig c = AdapterFolder.config(folder);
        List<String> lines = new ArrayList<>();
        lines.add("method: " + c.method().name() + options(c));
        lines.add("targets: " + places(c.selection()));
        if (!c.selection().modulesToSave().isEmpty()) {
            lines.add("trained as whole copies: "
                    + String.join(", ", c.selection().modulesToSave()));
        }
        lines.add("base model: " + base(folder));
        lines.add("trained: %,d values in %,d tensors"
                .formatted(weights.parameters(), weights.tensors().size()));
        return lines;
    }

    private static String options(AdapterConfig c) {
        if (!(c.method() instanceof Record method)) return "";
        StringBuilder all = new StringBuilder();
        for (Setting s : Settings.of(method).all()) {
            Object value = s.of(method);
            if (value == null || isNothing(value)) continue;
            all.append(", ").append(s.name().replace('-', ' '));
            if (!value.equals(true)) all.append(' ').append(value instanceof Double d ? plain(d) : value);
        }
        return all.toString();
    }

    private static boolean isNothing(Object value) {
        return switch (value) {
            case Boolean b -> !b;
            case Collection<?> c -> c.isEmpty();
            case Map<?, ?> m -> m.isEmpty();
            case Number n -> n.doubleValue() == 0;
            case Enum<?> e -> e.toString().equalsIgnoreCase("true"); // the usual way to begin
            default -> value.toString().isEmpty(); // how options of every other type say that nothing is given
        };
    }

    private static String plain(double d) {
        return d == Math.rint(d) ? String.valueOf((long) d) : String.valueOf(d);
    }

    private static String places(Selection s) {
        StringBuilder all = new StringBuilder();
        all.append(s.targets() instanceof Targets.Suffixes names ? String.join(", ", names.names()) : s.targets());
        if (!(s.exclude() instanceof Targets.None)) all.append("; without ").append(s.exclude());
        if (!s.layers().isEmpty()) all.append("; in blocks ").append(s.layers());
        return all.toString();
    }

    private static String base(Path folder) {
        Object base = Json.readObject(folder.resolve(AdapterFolder.CONFIG)).get("base_model_name_or_path");
        return base instanceof String s && !s.isEmpty() ? s : "not named";
    }
}
