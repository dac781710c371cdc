package dev.gradine.peft;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Fields of one of PEFT's configuration classes that are no options of a method: what is written for them, and what a
/// file may say. A field that nobody knows is refused.
public final class PeftFields {

    /// Every field of `Selection`.
    static final Set<String> SELECTION =
            Set.of("target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "modules_to_save");

    /// The same of a class that trains biases of the base.
    static final Set<String> SELECTION_AND_BIAS = Set.of(
            "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "modules_to_save", "bias");

    /// Those of classes that cannot leave out a target.
    static final Set<String> UNEXCLUDED =
            Set.of("target_modules", "layers_to_transform", "layers_pattern", "modules_to_save");

    /// @param value written
    /// @param accepts values that may be read
    /// @param expected for the message on another value
    private record Field(@Nullable Object value, Predicate<@Nullable Object> accepts, String expected) {}

    private final Set<String> selection;
    private final Map<String, Field> others;

    private PeftFields(Set<String> selection, Map<String, Field> others) {
        this.selection = selection;
        this.others = others;
    }

    /// A class with these fields of `Selection` and no others.
    public static PeftFields with(Set<String> selection) {
        return new PeftFields(selection, Map.of());
    }

    /// The same class with one more field of `Selection`.
    PeftFields selecting(String name) {
        Set<String> more = new HashSet<>(selection);
        more.add(name);
        return new PeftFields(more, others);
    }

    /// And a field without a counterpart here: an adapter with another value would compute something else.
    public PeftFields fixed(String name, @Nullable Object value) {
        Predicate<@Nullable Object> accepts = v -> Objects.equals(v, value) || switchesNothingOn(v);
        return and(name, new Field(value, accepts, value + ", the only one supported"));
    }

    /// Whether a field with this value changes nothing in any release of PEFT: null, false, 0, "none", nothing in it.
    static boolean switchesNothingOn(@Nullable Object value) {
        return switch (value) {
            case null -> true;
            case Boolean b -> !b;
            case Number n -> n.doubleValue() == 0;
            case String s -> s.isEmpty() || s.equalsIgnoreCase("none");
            case Collection<?> c -> c.isEmpty();
            case Map<?, ?> m -> m.isEmpty();
            default -> false;
        };
    }

    /// And a field that changes nothing that is computed.
    public PeftFields about(String name, @Nullable Object value) {
        return and(name, new Field(value, _ -> true, ""));
    }

    /// And a field of which a trained adapter may have several values.
    ///
    /// @param accepted values, as text
    /// @param expected for the message on another one
    public PeftFields oneOf(String name, @Nullable Object value, Set<String> accepted, String expected) {
        return and(name, new Field(value, v -> accepted.contains(String.valueOf(v)), expected));
    }

    private PeftFields and(String name, Field field) {
        Map<String, Field> more = new LinkedHashMap<>(others);
        more.put(name, field);
        return new PeftFields(selection, more);
    }

    /// Whether the class has this field of `Selection`.
    boolean selects(String name) {
        return selection.contains(name);
    }

    /// Whether this is one of the other fields.
    boolean knows(String name) {
        return others.containsKey(name);
    }

    /// What is written for the other fields.
    Map<String, @Nullable Object> written() {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        others.forEach((name, f) -> all.put(name, f.value()));
        return all;
    }

    /// @param marks fields by which the method was found
    /// @throws AdapterException if another field of the file has a value that is not accepted
    void require(ConfigFields file, Set<String> marks) {
        others.forEach((name, f) -> {
            if (!file.json().containsKey(name) || marks.contains(name)) return;
            if (!f.accepts().test(file.json().get(name))) throw file.wrong(name, f.expected());
        });
    }
}
