package dev.gradine.peft;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// Records of options, made of the values that a user or a file gives, and written back as such.
public final class Options {

    private Options() {}

    /// One option of a record.
    ///
    /// @param component that holds it
    /// @param option what its annotation says
    public record Named(RecordComponent component, Option option) {

        /// As typed by a user, without dashes: `rankPattern` → `rank-pattern`.
        public String name() {
            return kebab(component.getName());
        }
    }

    /// In whose words options are named, and what a missing one means.
    enum Words {
        /// Names of the command line.
        OURS,
        /// Fields of PEFT's configuration; empty for an option that it has not.
        PEFT;

        private String name(Named o) {
            return this == OURS ? o.name() : o.option().peft();
        }

        private String standard(Option o) {
            return this == PEFT && !o.absent().isEmpty() ? o.absent() : o.standard();
        }
    }

    /// Options of a record and of the records in it, in order.
    public static List<Named> of(Class<?> type) {
        List<Named> all = new ArrayList<>();
        for (RecordComponent c : type.getRecordComponents()) {
            Option o = c.getAnnotation(Option.class);
            if (o == null) all.addAll(of(c.getType()));
            else all.add(new Named(c, o));
        }
        return all;
    }

    /// `PromptTuning` → `prompt-tuning`
    static String kebab(String name) {
        return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }

    /// A record of given values; what is not given has its standard value.
    ///
    /// @throws AdapterException names the option and what its value is
    static <R> R read(Class<R> type, Words words, Fields given) {
        return type.cast(made(type, words, given));
    }

    private static Object made(Class<?> type, Words words, Fields given) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            RecordComponent c = components[i];
            Option o = c.getAnnotation(Option.class);
            types[i] = c.getType();
            values[i] = o == null ? made(c.getType(), words, given) : value(new Named(c, o), words, given);
        }
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true); // a method may be written in a package of its own
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw unwrapped(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("options: " + type + " cannot be made", e);
        }
    }

    private static Object value(Named o, Words words, Fields given) {
        String key = words.name(o);
        @Nullable Object raw = key.isEmpty() ? null : given.json().get(key);
        var type = o.component().getGenericType();
        return given.typed(type, key, raw == null ? Fields.parse(type, words.standard(o.option())) : raw);
    }

    /// The values of a record, as `read` takes them.
    static SequencedMap<String, @Nullable Object> write(Record options, Words words) {
        SequencedMap<String, @Nullable Object> all = new LinkedHashMap<>();
        for (RecordComponent c : options.getClass().getRecordComponents()) {
            Option o = c.getAnnotation(Option.class);
            Object value = get(c.getAccessor(), options);
            if (o == null) {
                all.putAll(write((Record) value, words));
                continue;
            }
            String key = words.name(new Named(c, o));
            if (!key.isEmpty()) all.put(key, words == Words.PEFT ? Fields.plain(value) : value);
        }
        return all;
    }

    private static Object get(Method accessor, Record from) {
        try {
            accessor.setAccessible(true);
            return accessor.invoke(from);
        } catch (InvocationTargetException e) {
            throw unwrapped(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("options: " + accessor + " cannot be read", e);
        }
    }

    private static RuntimeException unwrapped(InvocationTargetException e) {
        return e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    }
}
