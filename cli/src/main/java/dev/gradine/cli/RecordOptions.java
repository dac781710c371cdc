package dev.gradine.cli;

import dev.gradine.settings.Explained;
import dev.gradine.settings.Setting;
import dev.gradine.settings.Settings;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// The components of a record as options of a command, and a record of what was typed.
final class RecordOptions<R extends Record> {

    private final HelpGroup group;
    private final Settings<R> settings;
    private final SequencedMap<Setting, OptionSpec> specs = new LinkedHashMap<>();

    /// @param heading of its options in `--help`
    /// @param defaults the record of a command line without options
    RecordOptions(String heading, R defaults) {
        group = new HelpGroup(heading);
        settings = Settings.of(defaults);
        for (Setting s : settings.all())
            specs.put(s, builder(s, group, "").description(text(s)).build());
    }

    void addTo(CommandSpec command) {
        specs.values().forEach(command::addOption);
    }

    /// Names of the settings.
    List<String> names() {
        return settings.all().stream().map(Setting::name).toList();
    }

    /// What was typed, and defaults for the rest.
    ///
    /// @throws IllegalArgumentException if a value is out of range
    R read() {
        Map<String, Object> given = new LinkedHashMap<>();
        specs.forEach((setting, spec) -> {
            Object value = given(setting, spec);
            if (value != null) given.put(setting.name(), value);
        });
        return settings.read(given);
    }

    /// Those that say what is usual, with the values of what was typed.
    List<Explained> explained() {
        R read = read();
        return specs.entrySet().stream()
                .filter(e -> e.getKey().isExplained())
                .map(e -> e.getKey().explained(e.getValue().longestName(), read))
                .toList();
    }

    /// What of `record` decides the result of a run, by name.
    SequencedMap<String, Object> decisive(R record) {
        return settings.writeDecisive(record);
    }

    /// The value typed for a setting; null if there is none. A flag that is on by default is typed to switch it off.
    static @Nullable Object given(Setting setting, OptionSpec spec) {
        Object value = spec.getValue();
        boolean off = !setting.typedName().equals(setting.name());
        return off && value instanceof Boolean typed ? (Object) !typed : value;
    }

    /// An option that picocli reads into the setting's type; types of the project's own are read as text.
    ///
    /// @param prefix of its name
    static OptionSpec.Builder builder(Setting s, HelpGroup group, String prefix) {
        OptionSpec.Builder b = OptionSpec.builder("--" + prefix + s.typedName())
                .required(s.option().required())
                .userObject(
                        s.option().group().isEmpty()
                                ? group
                                : new HelpGroup(s.option().group()));
        if (!s.option().bare().isEmpty())
            b.arity("0..1").fallbackValue(s.option().bare());
        if (!s.isFlag())
            b.paramLabel(s.option().label().isEmpty() ? "X" : s.option().label());
        if (!(s.type() instanceof ParameterizedType many)) return b.type(known((Class<?>) s.type()));
        boolean list = Collection.class.isAssignableFrom((Class<?>) many.getRawType());
        Class<?>[] elements = Arrays.stream(many.getActualTypeArguments())
                .map(t -> known((Class<?>) t))
                .toArray(Class<?>[]::new);
        if (elements[0] == Path.class) b.arity("1..*"); // as a shell writes *.jsonl
        return b.type(list ? List.class : Map.class).auxiliaryTypes(elements).splitRegex(",");
    }

    private static Class<?> known(Type type) {
        Class<?> c = (Class<?>) type;
        boolean boxed = Number.class.isAssignableFrom(c) || c == Boolean.class;
        return c.isPrimitive() || boxed || c == Path.class ? c : String.class;
    }

    /// `Batches of a step.` as `Batches of a step (default 1).`
    static String text(Setting s) {
        String says = s.option().says().replace("%", "%%");
        String value = s.isFlag() ? "" : s.defaultText();
        if (value.isEmpty()) return says;
        return "%s (default %s).".formatted(says.substring(0, says.length() - 1), value.replace("%", "%%"));
    }
}
