package dev.gradine.peft;

import dev.gradine.settings.Setting;
import dev.gradine.settings.Settings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The methods there are: those that `Method` permits, and those that others have put on the class path.
public final class Methods {

    private Methods() {}

    /// All methods, with their default options.
    public static List<Method> all() {
        List<Method> all = new ArrayList<>();
        for (Class<?> c : Method.class.getPermittedSubclasses()) {
            if (c != CustomMethod.class) all.add(defaults(c));
        }
        ServiceLoader.load(CustomMethod.class).forEach(all::add);
        return all;
    }

    private static Method defaults(Class<?> type) {
        try {
            return (Method) type.getMethod("defaults").invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("method: " + type.getName() + " has no public static defaults()", e);
        }
    }

    /// The method that a PEFT configuration tells of: of those of its type that claim it, the one with most
    /// marks.
    ///
    /// @throws AdapterException names the field that is missing or cannot be used
    static Method read(ConfigFields file) {
        return all().stream()
                .filter(m -> m.peftType().equals(file.json().get("peft_type")))
                .filter(m -> m.claims(file))
                .max(Comparator.comparingInt(m -> m.marks().size()))
                .map(m -> read(m, file))
                .orElseThrow(() -> file.wrong("peft_type", "one of " + types()));
    }

    private static String types() {
        return all().stream().map(Method::peftType).distinct().sorted().collect(Collectors.joining(", "));
    }

    private static Method read(Method defaults, ConfigFields file) {
        Settings<Record> settings = Settings.of((Record) defaults);
        Map<String, Object> given = new LinkedHashMap<>();
        for (Setting s : settings.all()) {
            Object stored = file.json().get(s.option().peft());
            if (stored != null)
                given.put(s.name(), file.typed(s.type(), s.option().peft(), stored));
            else if (!s.option().peftDefault().isEmpty())
                given.put(s.name(), s.option().peftDefault());
        }
        return ((Method) read(settings, given)).reading(file);
    }

    private static Record read(Settings<Record> settings, Map<String, Object> given) {
        try {
            return settings.read(given);
        } catch (AdapterException e) { // from the method's own check
            throw e;
        } catch (IllegalArgumentException e) {
            throw new AdapterException(String.valueOf(e.getMessage()));
        }
    }

    /// The options of a method that PEFT has, by its names.
    static Map<String, @Nullable Object> written(Method method) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        for (Setting s : Settings.of((Record) method).all()) {
            String field = s.option().peft();
            if (!field.isEmpty()) all.put(field, ConfigFields.plain(s.of((Record) method)));
        }
        return all;
    }
}
