package dev.gradine.settings;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One setting of a record: a component with `@Option`, and the value it has by default.
public final class Setting {

    private final List<RecordComponent> way;
    private final RecordComponent component;
    private final Option option;
    private final String name;
    private final @Nullable Object byDefault;

    /// @param way the parts that lead from a record to the one that has the component
    Setting(List<RecordComponent> way, RecordComponent component, Record defaults) {
        this.way = List.copyOf(way);
        this.component = component;
        option = Objects.requireNonNull(component.getAnnotation(Option.class));
        name = option.name().isEmpty() ? dashed(component.getName()) : option.name();
        byDefault = of(defaults);
    }

    /// `maxLength` as `max-length`.
    private static String dashed(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    /// The value a record has for it.
    public @Nullable Object of(Record record) {
        Record part = record;
        for (RecordComponent c : way) part = part(c, part);
        return of(component, part);
    }

    static Record part(RecordComponent component, Record record) {
        return (Record) Objects.requireNonNull(of(component, record));
    }

    static @Nullable Object of(RecordComponent component, Record record) {
        try {
            var accessor = component.getAccessor();
            accessor.setAccessible(true); // records of settings may be nested in classes that are not public
            return accessor.invoke(record);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("settings: cannot read " + component, e);
        }
    }

    /// What the constructor is given for it where users give nothing.
    @Nullable
    Object absent() {
        if (!option.derived()) return byDefault;
        return component.getType() == double.class ? (Object) Double.NaN : null;
    }

    /// Reads a value given as text, as a number, a list or a map, whatever file or command line it comes from.
    ///
    /// @throws IllegalArgumentException names the setting, the value and what was expected
    @Nullable
    Object convert(@Nullable Object given) {
        Object value = Conversion.to(component.getGenericType(), name, given);
        if (value instanceof Number n) requireInRange(n.doubleValue(), value);
        return value;
    }

    private void requireInRange(double x, Object value) {
        if (x < option.least()) throw refused(value, "at least " + plain(option.least()));
        if (Double.isInfinite(x)) throw refused(value, "a finite number");
        if (x >= option.below()) throw refused(value, "below " + plain(option.below()));
    }

    private IllegalArgumentException refused(Object value, String expected) {
        return new IllegalArgumentException("%s: %s, expected %s".formatted(name, value, expected));
    }

    private static String plain(double bound) {
        return bound == Math.rint(bound) ? String.valueOf((long) bound) : String.valueOf(bound);
    }

    /// Its name, such as `max-length`.
    public String name() {
        return name;
    }

    /// Whether it is this component.
    boolean is(RecordComponent c) {
        return component.getDeclaringRecord() == c.getDeclaringRecord()
                && component.getName().equals(c.getName());
    }

    /// What the annotation says.
    public Option option() {
        return option;
    }

    /// Its type, with those of elements, keys and values.
    public Type type() {
        return component.getGenericType();
    }

    /// Whether it is a flag that is given without a value.
    public boolean isFlag() {
        return type() == boolean.class;
    }

    /// Name as it is typed: a flag that is on by default can only be switched off, `no-shuffle`.
    public String typedName() {
        return Boolean.TRUE.equals(byDefault) ? "no-" + name : name;
    }

    /// Its default as text; empty if there is none.
    public String defaultText() {
        if (!option.otherwise().isEmpty()) return option.otherwise();
        Object written = option.derived() ? null : Conversion.written(byDefault);
        return written == null ? "" : Conversion.text(written);
    }

    /// Whether its component says what is usual.
    public boolean isExplained() {
        return component.isAnnotationPresent(Usual.class);
    }

    /// Its value in a record beside what is usual.
    ///
    /// @param typed its option, such as `--adapter-alpha`
    public Explained explained(String typed, Record record) {
        Usual usual = Objects.requireNonNull(component.getAnnotation(Usual.class), name);
        Object value = of(record);
        double number = value instanceof Number n ? n.doubleValue() : Double.NaN;
        Object written = Conversion.written(value);
        String text = written == null ? defaultText() : Conversion.text(written);
        String usually = Objects.equals(value, byDefault) ? text : defaultText();
        return new Explained(typed, text, usually, number, Explained.Range.of(usual));
    }

    @Override
    public String toString() {
        return name;
    }
}
