package dev.gradine.cli;

import dev.gradine.peft.Method;
import dev.gradine.peft.Methods;
import dev.gradine.peft.Options;
import dev.gradine.peft.Targets;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// The options of all adapter methods as options of a command. A name that several methods have is one option.
final class MethodOptions {

    private final Map<String, OptionSpec> specs = new LinkedHashMap<>();

    /// Adds an option for each component of each method.
    void addTo(CommandSpec command) {
        for (Class<? extends Method> type : Methods.all()) {
            for (Options.Named o : Options.of(type)) {
                if (!specs.containsKey(o.name())) command.addOption(specs.computeIfAbsent(o.name(), _ -> spec(o)));
            }
        }
    }

    private static OptionSpec spec(Options.Named o) {
        Type type = o.component().getGenericType();
        OptionSpec.Builder b = OptionSpec.builder("--" + o.name())
                .paramLabel(label(type))
                .description(o.option().says() + standard(o));
        if (type instanceof ParameterizedType p) {
            Type[] of = p.getActualTypeArguments();
            b.type((Class<?>) p.getRawType() == List.class ? List.class : Map.class)
                    .auxiliaryTypes(Arrays.stream(of).map(t -> (Class<?>) t).toArray(Class<?>[]::new))
                    .splitRegex(",");
        } else if (type == Targets.class) {
            b.type(Targets.class).converters(Targets::parse);
        } else {
            b.type(isText(type) ? String.class : (Class<?>) type).arity(type == boolean.class ? "0" : "1");
        }
        return b.build();
    }

    private static boolean isText(Type type) {
        return type instanceof Class<?> c && (c.isEnum() || c == String.class);
    }

    private static String label(Type type) {
        if (type instanceof ParameterizedType p) {
            if (p.getRawType() == List.class) return "NAMES";
            return "REGEX=" + label(p.getActualTypeArguments()[1]);
        }
        if (type == int.class || type == Integer.class) return "N";
        if (type == Targets.class) return "NAMES|REGEX";
        if (type instanceof Class<?> c && c.isEnum()) {
            return Arrays.stream(c.getEnumConstants()).map(MethodOptions::name).collect(Collectors.joining("|"));
        }
        return type == String.class ? "TEXT" : "X";
    }

    private static String standard(Options.Named o) {
        String standard = o.option().standard();
        boolean shown = !standard.isEmpty() && !standard.equals("NaN");
        return shown ? " (default %s)".formatted(standard) : "";
    }

    /// What was typed, by the names of options.
    private Map<String, Object> given() {
        Map<String, Object> given = new LinkedHashMap<>();
        specs.forEach((name, spec) -> {
            Object value = spec.getValue();
            if (value != null) given.put(name, value);
        });
        return given;
    }

    /// The method of that name with the options given.
    ///
    /// @throws IllegalArgumentException if there is no such method, or an option was given that it has not
    Method of(String name) {
        Class<? extends Method> type = Methods.named(name);
        List<String> own = Options.of(type).stream().map(Options.Named::name).toList();
        Map<String, Object> given = given();
        for (String option : given.keySet()) {
            if (own.contains(option)) continue;
            throw new IllegalArgumentException("--%s is no option of --adapter %s, expected one of %s"
                    .formatted(option, name, own.stream().map(o -> "--" + o).collect(Collectors.joining(", "))));
        }
        return Methods.of(type, given);
    }

    /// What of the method's options is not empty.
    static void describe(Method method, Map<String, Object> settings) {
        Methods.options(method).forEach((name, value) -> {
            boolean empty = (value instanceof Map<?, ?> m && m.isEmpty()) || value.equals("");
            if (!empty) settings.put(name, shown(value));
        });
    }

    /// A value as it is typed.
    static Object shown(Object value) {
        if (value instanceof Enum<?> e) return name(e);
        if (!(value instanceof Targets t)) return value;
        return t.stored() instanceof List<?> names
                ? names.stream().map(String::valueOf).collect(Collectors.joining(","))
                : t.stored();
    }

    private static String name(Object constant) {
        return constant.toString().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
