package dev.gradine.cli;

import dev.gradine.settings.Explained;
import dev.gradine.settings.Setting;
import dev.gradine.settings.Settings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// An option that names one of several records, and the components of all of them, of which only those of the named one
/// may be given: `--optimizer sgd --momentum 0.9`.
final class ChoiceOptions {

    private final SequencedMap<String, Settings<?>> members = new LinkedHashMap<>();
    private final SequencedMap<Setting, OptionSpec> specs = new LinkedHashMap<>();
    private final String option;
    private final OptionSpec name;

    /// @param heading of its options in `--help`
    /// @param option what names the record, such as `optimizer`
    /// @param says what that is, without its end
    /// @param all records with their defaults, by name; the first is the default
    ChoiceOptions(String heading, String option, String says, SequencedMap<String, Record> all) {
        this(heading, option, says, all, Set.of());
    }

    /// @param taken names that mean something else here: a component of such a name has the option's own in front,
    ///     `--adapter-alpha`
    ChoiceOptions(
            String heading, String option, String says, SequencedMap<String, Record> all, Collection<String> taken) {
        HelpGroup group = new HelpGroup(heading);
        HelpGroup others =
                new HelpGroup(heading + ", other than " + all.sequencedKeySet().getFirst());
        all.forEach((name, defaults) -> members.put(name, Settings.of(defaults)));
        this.option = option;
        String first = all.sequencedKeySet().getFirst();
        name = OptionSpec.builder("--" + option)
                .type(String.class)
                .paramLabel("NAME")
                .defaultValue(first)
                .description("%s: %s (default %s).".formatted(says, String.join(", ", all.keySet()), first))
                .userObject(group)
                .build();
        byName().values()
                .forEach(owners -> specs.put(
                        owners.getFirst().setting(),
                        RecordOptions.builder(
                                        owners.getFirst().setting(),
                                        owners.getFirst().owner().equals(first) ? group : others,
                                        taken.contains(owners.getFirst()
                                                        .setting()
                                                        .name())
                                                ? option + "-"
                                                : "")
                                .description(text(owners))
                                .build()));
    }

    private record Owned(String owner, Setting setting) {}

    /// What each owner says, once for those that say the same.
    private static String text(List<Owned> owners) {
        SequencedMap<String, List<String>> all = new LinkedHashMap<>();
        for (Owned o : owners) {
            all.computeIfAbsent(RecordOptions.text(o.setting()), _ -> new ArrayList<>())
                    .add(o.owner());
        }
        return all.entrySet().stream()
                .map(e -> String.join(", ", e.getValue()) + ": " + e.getKey())
                .collect(Collectors.joining(" "));
    }

    private SequencedMap<String, List<Owned>> byName() {
        SequencedMap<String, List<Owned>> all = new LinkedHashMap<>();
        members.forEach((owner, settings) -> {
            for (Setting s : settings.all()) {
                all.computeIfAbsent(s.name(), _ -> new ArrayList<>()).add(new Owned(owner, s));
            }
        });
        return all;
    }

    void addTo(CommandSpec command) {
        command.addOption(name);
        specs.values().forEach(command::addOption);
    }

    /// The record named, of what was typed and of its defaults.
    ///
    /// @throws IllegalArgumentException if the name is none, or a number of another record is given
    Record read() {
        Settings<?> chosen = chosen();
        Map<String, Object> given = new LinkedHashMap<>();
        specs.forEach((setting, spec) -> {
            @Nullable Object value = RecordOptions.given(setting, spec);
            if (value == null) return;
            requireOwn(setting.name(), spec, chosen);
            given.put(setting.name(), value);
        });
        return chosen.read(given);
    }

    /// Settings of the chosen record that say what is usual, with their values.
    List<Explained> explained() {
        Record read = read();
        List<Explained> all = new ArrayList<>();
        for (Setting s : chosen().all()) {
            if (!s.isExplained()) continue;
            specs.forEach((first, spec) -> {
                if (first.name().equals(s.name())) all.add(s.explained(spec.longestName(), read));
            });
        }
        return all;
    }

    private Settings<?> chosen() {
        Settings<?> chosen = members.get(name());
        if (chosen != null) return chosen;
        throw new IllegalArgumentException(
                "%s: \"%s\", expected one of %s".formatted(option, name(), String.join(", ", members.keySet())));
    }

    private void requireOwn(String setting, OptionSpec spec, Settings<?> chosen) {
        List<String> own = chosen.all().stream().map(Setting::name).toList();
        if (own.contains(setting)) return;
        String has = own.isEmpty() ? "no options" : "--" + String.join(", --", own);
        throw new IllegalArgumentException(
                "%s is given with --%s %s, which has %s".formatted(spec.longestName(), option, name(), has));
    }

    /// Its name; `adamw_8bit` is read as `adamw-8bit`, the way other programs write it.
    String name() {
        String typed = name.getValue();
        return members.containsKey(typed) ? typed : typed.replace('_', '-');
    }

    /// Name and numbers of the chosen record, as they decide the result of a run.
    SequencedMap<String, Object> decisive() {
        SequencedMap<String, Object> all = new LinkedHashMap<>(Map.of(option, name()));
        all.putAll(decisive(chosen(), read()));
        return all;
    }

    @SuppressWarnings("unchecked") // what `settings` has read is of its type
    private static <R extends Record> Map<String, Object> decisive(Settings<R> settings, Record record) {
        return settings.writeDecisive((R) record);
    }
}
