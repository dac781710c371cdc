package dev.gradine.settings;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The settings of one record type, by name: read from a map, written to a map.
///
/// A record with defaults of its own has a static method `defaults()`; a command may begin with others.
public final class Settings<R extends Record> {

    private final R defaults;
    private final List<Setting> all = new ArrayList<>();

    private Settings(R defaults) {
        this.defaults = defaults;
        collect(defaults, List.of());
    }

    private void collect(Record from, List<RecordComponent> way) {
        for (RecordComponent c : from.getClass().getRecordComponents()) {
            if (c.isAnnotationPresent(Option.class)) all.add(new Setting(way, c, defaults));
            if (!c.isAnnotationPresent(Part.class)) continue;
            List<RecordComponent> further = new ArrayList<>(way);
            further.add(c);
            collect(Setting.part(c, from), further);
        }
    }

    /// The settings of a record, of which `defaults` is the one that holds where nothing is given.
    public static <R extends Record> Settings<R> of(R defaults) {
        return new Settings<>(defaults);
    }

    /// Components with `@Option`, in the record's order, those of its parts included.
    public List<Setting> all() {
        return all;
    }

    /// What holds where nothing is given.
    public R defaults() {
        return defaults;
    }

    /// A record of what is given, and of defaults for the rest.
    ///
    /// @param given by name; values as text, or as numbers, flags, lists and maps
    /// @throws IllegalArgumentException if a name is no setting's, or a value is of another kind or out of
    ///     range; what the record's own constructor refuses passes through
    public R read(Map<String, ?> given) {
        requireKnown(given.keySet(), all.stream().map(Setting::name).toList());
        return created(given);
    }

    @SuppressWarnings("unchecked") // the class of `defaults` is R's
    private R created(Map<String, ?> given) {
        return (R) create(defaults, given);
    }

    private Record create(Record from, Map<String, ?> given) {
        RecordComponent[] components = from.getClass().getRecordComponents();
        @Nullable Object[] values = new @Nullable Object[components.length];
        for (int i = 0; i < components.length; i++) values[i] = value(components[i], from, given);
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            Constructor<?> constructor = from.getClass().getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return (Record) constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException told) throw told;
            throw new IllegalStateException(
                    "settings: cannot make " + from.getClass().getName(), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(
                    "settings: cannot make " + from.getClass().getName(), e);
        }
    }

    private @Nullable Object value(RecordComponent c, Record from, Map<String, ?> given) {
        if (c.isAnnotationPresent(Part.class)) return create(Setting.part(c, from), given);
        for (Setting s : all) {
            if (s.is(c)) return given.containsKey(s.name()) ? s.convert(given.get(s.name())) : s.absent();
        }
        return Setting.of(c, from);
    }

    /// The record's settings by name, as JSON and YAML can hold them; those that are null or empty are left out.
    public SequencedMap<String, Object> write(R record) {
        return write(record, true);
    }

    /// As `write`, but only settings that decide the result of a run.
    public SequencedMap<String, Object> writeDecisive(R record) {
        return write(record, false);
    }

    private SequencedMap<String, Object> write(R record, boolean free) {
        SequencedMap<String, Object> map = new LinkedHashMap<>();
        for (Setting s : all) {
            Object value = Conversion.written(s.of(record));
            if (value == null || isEmpty(value) || (s.option().free() && !free)) continue;
            map.put(s.name(), value);
        }
        return map;
    }

    private static boolean isEmpty(Object value) {
        return (value instanceof Collection<?> c && c.isEmpty()) || (value instanceof Map<?, ?> m && m.isEmpty());
    }

    /// Fails if one of `given` is none of `names`, and says which of them is most like it.
    ///
    /// @throws IllegalArgumentException names the first such
    public static void requireKnown(Collection<String> given, Collection<String> names) {
        for (String name : given) {
            if (names.contains(name)) continue;
            throw new IllegalArgumentException("unknown key %s, expected one of %s%s"
                    .formatted(name, String.join(", ", new TreeSet<>(names)), Nearest.hint(name, names)));
        }
    }

    /// The first setting in which two runs differ, looked for in both.
    ///
    /// @param name of the setting
    /// @param now its value in the new run; `not given` if it has none
    /// @param before its value in the old one
    public record Difference(String name, String now, String before) {}

    /// What of `now` differs from `before`, in the order of `now`; then what only `before` has. Empty if nothing does.
    /// Values are compared as text: a file gives back other types of numbers.
    public static List<Difference> differences(Map<String, ?> now, Map<String, ?> before) {
        SequencedMap<String, Object> names = new LinkedHashMap<>(now);
        names.putAll(before);
        List<Difference> all = new ArrayList<>();
        for (String name : names.keySet()) {
            var d = new Difference(name, text(now.get(name)), text(before.get(name)));
            if (!d.now().equals(d.before())) all.add(d);
        }
        return all;
    }

    private static String text(@Nullable Object value) {
        if (value instanceof Map<?, ?> m) return new TreeMap<>(m).toString(); // a file sorts its keys
        return value == null ? "not given" : value.toString();
    }
}
