package dev.gradine.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/// Under which heading `--help` shows an option: one for each record, and `Run` for options of no record.
record HelpGroup(String heading) {

    private static final HelpGroup RUN = new HelpGroup("Run");

    /// The headings as they follow each other; one that is longer stands behind the one it begins with.
    private static final List<String> ORDER = List.of(
            RUN.heading(),
            "Model",
            "Data",
            "Adapter",
            "Objective",
            "Optimiser",
            "Training",
            "Schedule",
            "Reference",
            "Judge",
            "Device",
            "Output");

    /// Has `--help` show the options of `command` by group, if there are groups.
    static void install(CommandSpec command) {
        if (command.options().stream().noneMatch(o -> o.userObject() instanceof HelpGroup)) return;
        command.usageMessage()
                .sectionMap()
                .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, help -> text(options(command), help));
        command.usageMessage().sectionMap().put(UsageMessageSpec.SECTION_KEY_SYNOPSIS, _ -> synopsis(command));
    }

    /// What must be given, and that there is more: all options in one sentence are no help.
    private static String synopsis(CommandSpec command) {
        StringBuilder line = new StringBuilder(command.qualifiedName());
        for (OptionSpec o : command.options()) {
            if (o.required())
                line.append(' ').append(o.longestName()).append('=').append(o.paramLabel());
        }
        return line.append(" [OPTIONS]%n".formatted()).toString();
    }

    /// The heading of options that are fields of a class of their own.
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.TYPE)
    @interface Heading {
        String value();
    }

    /// Where an option belongs: it says so itself, or the class does whose field it is.
    private static HelpGroup of(OptionSpec o) {
        if (o.userObject() instanceof HelpGroup own) return own;
        Heading heading =
                o.userObject() instanceof Field f ? f.getDeclaringClass().getAnnotation(Heading.class) : null;
        return heading == null ? RUN : new HelpGroup(heading.value());
    }

    /// Options by heading, each in the order of its record, but what must be given first.
    private static SequencedMap<String, List<OptionSpec>> options(CommandSpec command) {
        SequencedMap<String, List<OptionSpec>> all =
                new TreeMap<>(Comparator.<String>comparingInt(HelpGroup::place).thenComparing(h -> h));
        for (OptionSpec o : command.options()) {
            all.computeIfAbsent(of(o).heading(), _ -> new ArrayList<>()).add(o);
        }
        all.values().forEach(options -> options.sort(Comparator.comparing(o -> !o.required())));
        return all;
    }

    private static int place(String heading) {
        for (int i = 0; i < ORDER.size(); i++) if (heading.startsWith(ORDER.get(i))) return i;
        return ORDER.size();
    }

    private static String text(SequencedMap<String, List<OptionSpec>> groups, Help help) {
        StringBuilder text = new StringBuilder();
        groups.forEach((heading, options) -> {
            Help.Layout layout = help.createDefaultLayout();
            layout.addAllOptions(options, help.createDefaultParamLabelRenderer());
            text.append("%n%s:%n".formatted(heading)).append(layout);
        });
        return text.toString();
    }
}
