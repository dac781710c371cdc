package dev.gradine.cli;

import dev.gradine.settings.Nearest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// What options are called elsewhere: the one table, from which hints and `docs/options.md` are made.
final class ForeignNames {

    /// Whose names they are: the columns of the table.
    static final List<String> WHOSE = List.of("Hugging Face, TRL", "PEFT", "Axolotl", "LLaMA-Factory", "llama.cpp");

    /// One option.
    ///
    /// @param ours options of ours that do the same, of which a command may have one; empty if there is none
    /// @param note what else is to be known; empty for nothing
    /// @param theirs names in each column
    record Row(List<String> ours, String note, List<List<String>> theirs) {

        private boolean has(String name) {
            return theirs.stream().flatMap(List::stream).anyMatch(n -> plain(n).equals(name));
        }
    }

    // A line is a row: ours and a note, then a column each. Names are separated by commas.
    private static final String TABLE = "option-names.txt";

    /// What commands are called elsewhere.
    private static final Map<String, String> COMMANDS = Map.ofEntries(
            Map.entry("train", "sft"),
            Map.entry("finetune", "sft"),
            Map.entry("fine-tune", "sft"),
            Map.entry("lora", "sft"),
            Map.entry("qlora", "sft"),
            Map.entry("complete", "generate"),
            Map.entry("infer", "generate"),
            Map.entry("server", "serve"),
            Map.entry("run", "chat"),
            Map.entry("inference", "generate"),
            Map.entry("eval", "score"),
            Map.entry("evaluate", "score"),
            Map.entry("perplexity", "score"),
            Map.entry("info", "inspect"),
            Map.entry("show", "inspect"),
            Map.entry("benchmark", "bench"),
            Map.entry("export-lora", "merge"),
            Map.entry("merge-lora", "merge"));

    private ForeignNames() {}

    /// The rows, in the order of the page.
    static List<Row> rows() {
        try (InputStream in = Objects.requireNonNull(ForeignNames.class.getResourceAsStream(TABLE))) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return text.lines()
                    .filter(l -> !l.startsWith("#"))
                    .map(ForeignNames::row)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Row row(String line) {
        String[] cells = line.split("\\|", -1);
        List<List<String>> theirs = new ArrayList<>();
        for (int i = 2; i < cells.length; i++) theirs.add(names(cells[i]));
        return new Row(names(cells[0]), cells[1].strip(), theirs);
    }

    private static List<String> names(String cell) {
        return cell.isBlank()
                ? List.of()
                : Arrays.stream(cell.split(",", -1)).map(String::strip).toList();
    }

    /// What to say behind an option or key that a command does not have: `; did you mean --lr?`, or empty.
    ///
    /// @param typed with or without dashes in front
    /// @param prefix of the command's names, `--` on a command line and nothing in a file
    /// @param known the command's options, without dashes in front
    static String hint(String typed, String prefix, Collection<String> known) {
        String name = plain(typed);
        for (Row r : rows()) {
            if (!r.has(name)) continue;
            if (r.ours().isEmpty()) return "; there is none like it here: " + r.note();
            Optional<String> ours = r.ours().stream()
                    .map(ForeignNames::plain)
                    .filter(known::contains)
                    .findFirst();
            if (ours.isPresent()) return meant(prefix + ours.get(), r.note());
        }
        return Nearest.of(name, known).map(n -> meant(prefix + n, "")).orElse("");
    }

    private static String meant(String name, String note) {
        return "; did you mean " + name + (note.isEmpty() ? "?" : " (" + note + ")?");
    }

    /// What to say behind a command that there is not: `; did you mean sft?`, or empty.
    static String commandHint(String typed, Collection<String> known) {
        String name = typed.toLowerCase(Locale.ROOT).replace('_', '-');
        String ours = COMMANDS.getOrDefault(name, Nearest.of(name, known).orElse(""));
        return ours.isEmpty() ? "" : meant(ours, "");
    }

    /// `--Learning_Rate` as `learning-rate`.
    private static String plain(String name) {
        return name.replaceFirst("^-+", "").toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
