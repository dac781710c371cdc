package dev.gradine.cli;

import dev.gradine.io.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// Adapters that are served: `NAME=DIR`, or as vLLM takes them, a JSON object or a list of them:
///
/// ```
/// {"name": "sql", "path": "runs/sql", "base_model_name": "smollm2"}
/// ```
final class LoraModules {

    private static final String OPTION = "--lora-modules";
    private static final String BASE = "base_model_name";
    private static final List<String> KEYS = List.of("name", "path", BASE);

    private LoraModules() {}

    /// Their folders by name.
    ///
    /// @param base name of the model that is served; an adapter of another is an error
    /// @throws IllegalArgumentException names what is wrong
    static SequencedMap<String, Path> folders(List<String> texts, String base) {
        List<NamedFolder> all = new ArrayList<>();
        for (String text : texts) all.addAll(read(text.strip(), base));
        return NamedFolder.byName(OPTION, all);
    }

    private static List<NamedFolder> read(String text, String base) {
        if (!text.startsWith("{") && !text.startsWith("[")) return List.of(NamedFolder.named(OPTION, text));
        Object json = Json.parse(OPTION, text.getBytes(StandardCharsets.UTF_8), Object.class);
        List<?> all = json instanceof List<?> several ? several : List.of(json);
        return all.stream().map(m -> module(m, base)).toList();
    }

    private static NamedFolder module(@Nullable Object json, String base) {
        if (!(json instanceof Map<?, ?> module)) {
            throw wrong("%s, expected an object with name and path".formatted(shown(json)));
        }
        for (Object key : module.keySet()) {
            if (!KEYS.contains(key)) throw wrong("unknown key \"%s\", expected one of %s".formatted(key, KEYS));
        }
        String name = text(module, "name");
        Object of = module.get(BASE);
        if (of != null && !of.equals(base)) {
            throw wrong(
                    "%s of %s is %s, expected \"%s\", the model that is served".formatted(BASE, name, shown(of), base));
        }
        return NamedFolder.named(OPTION, name, text(module, "path"));
    }

    private static String text(Map<?, ?> module, String key) {
        if (module.get(key) instanceof String s && !s.isEmpty()) return s;
        throw wrong("%s is %s, expected a text".formatted(key, shown(module.get(key))));
    }

    private static String shown(@Nullable Object value) {
        return value == null ? "null" : Json.line(value);
    }

    private static IllegalArgumentException wrong(String what) {
        return new IllegalArgumentException(OPTION + ": " + what);
    }
}
