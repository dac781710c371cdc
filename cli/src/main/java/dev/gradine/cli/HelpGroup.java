package dev.gradine.cli;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/// Under which heading `--help` shows an option: one for each record, and `Other` for options of no record.
record HelpGroup(String heading) {

    private static final HelpGroup OTHER = new HelpGroup("Other");

    /// Has `--help` show the options of `command` by group, if there are groups.
    static void install(CommandSpec command) {
        if (command.options().stream().noneMatch(o -> o.userObject() instanceof HelpGroup)) return;
        command.usageMessage()
                .sectionMap()
                .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, help -> text(options(command), help));
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
        return heading == null ? OTHER : new HelpGroup(heading.value());
    }

    /// Options by heading, each in the order of its record.
    private static SequencedMap<String, List<OptionSpec>> options(CommandSpec command) {
        SequencedMap<String, List<OptionSpec>> all = new LinkedHashMap<>();
        for (OptionSpec o : command.options()) {
            all.computeIfAbsent(of(o).heading(), _ -> new ArrayList<>()).add(o);
        }
        List<OptionSpec> others = all.remove(OTHER.heading());
        if (others != null) all.put(OTHER.heading(), others);
        return all;
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
