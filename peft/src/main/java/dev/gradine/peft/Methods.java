package dev.gradine.peft;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The methods there are: those that `Method` permits, and those that others have put on the class path.
public final class Methods {

    private Methods() {}

    /// The records of all methods.
    public static List<Class<? extends Method>> all() {
        List<Class<? extends Method>> all = new ArrayList<>();
        for (Class<?> c : Method.class.getPermittedSubclasses()) {
            if (c != CustomMethod.class) all.add(c.asSubclass(Method.class));
        }
        ServiceLoader.load(CustomMethod.class).stream()
                .map(ServiceLoader.Provider::type)
                .forEach(all::add);
        return all;
    }

    /// What a user calls all of them.
    public static List<String> names() {
        return all().stream().map(c -> Options.kebab(c.getSimpleName())).toList();
    }

    /// The record of the method of that name.
    ///
    /// @throws AdapterException if there is none
    public static Class<? extends Method> named(String name) {
        return all().stream()
                .filter(c -> Options.kebab(c.getSimpleName()).equals(name))
                .findFirst()
                .orElseThrow(() -> new AdapterException("adapter: there is no method %s, expected one of %s"
                        .formatted(name, String.join(", ", names()))));
    }

    /// A method with the given options, those not given at their standard values.
    ///
    /// @param given by the names that `Options.Named` has
    /// @throws AdapterException names the option whose value is out of range
    public static <M extends Method> M of(Class<M> type, Map<String, Object> given) {
        return Options.read(type, Options.Words.OURS, new Fields(given, ""));
    }

    /// All options of a method, as `of` takes them.
    public static SequencedMap<String, @Nullable Object> options(Method method) {
        return Options.write((Record) method, Options.Words.OURS);
    }

    /// The method that a PEFT configuration tells of: of those of its type whose marks it has, the one with most.
    static Method read(Fields file) {
        Object type = file.json().get("peft_type");
        List<Method> all = all().stream().<Method>map(c -> of(c, Map.of())).toList();
        return all.stream()
                .filter(m -> m.peftType().equals(type))
                .filter(m -> m.marks().entrySet().stream()
                        .allMatch(e -> e.getValue().equals(file.json().get(e.getKey()))))
                .max(Comparator.comparingInt(m -> m.marks().size()))
                .map(m -> (Method) Options.read(m.getClass(), Options.Words.PEFT, file))
                .orElseThrow(() -> file.wrong(
                        "peft_type",
                        "one of "
                                + all.stream()
                                        .map(Method::peftType)
                                        .distinct()
                                        .sorted()
                                        .collect(Collectors.joining(", "))));
    }
}
