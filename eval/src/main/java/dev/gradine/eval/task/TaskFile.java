package dev.gradine.eval.task;

import dev.gradine.data.YamlFile;
import dev.gradine.eval.document.Document;
import dev.gradine.eval.document.Field;
import dev.gradine.eval.document.TaskData;
import dev.gradine.eval.document.TaskException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads a task from YAML with the keys of lm-evaluation-harness.
///
/// A key nobody knows is an error, and so is `!function`, which names a program in Python: nothing is
/// run here.
public final class TaskFile {

    private static final Pattern FUNCTION = Pattern.compile("(?m)^\\s*(?:- )?(\\w+)\\s*:\\s*!function\\s+(\\S+)");
    private static final List<String> SPLITS = List.of("test_split", "validation_split");

    private TaskFile() {}

    /// Reads a task.
    ///
    /// @param where its name or file, for messages
    /// @param text of the file
    /// @param included gives the text of a file that is named by `include`
    /// @throws TaskException names the key
    public static EvalTask parse(String where, String text, UnaryOperator<String> included) {
        Map<Object, Object> all = keys(where, text, included);
        TaskKeys keys = TaskKeys.of(String.valueOf(all.getOrDefault("task", where)), all);
        String name = keys.text("task");
        TaskData data = data(name, keys);
        keys.ignore("tag", "group", "dataset_name", "should_decontaminate", "doc_to_decontamination_query");
        keys.ignore("unsafe_code", "task_alias", "training_split");
        if (keys.whole("repeats", 1) != 1) throw keys.fault("repeats", "is not 1: one answer is written here");
        TaskKeys metadata = keys.inside("metadata");
        Object version = metadata.has("version") ? number(metadata.text("version")) : 0;
        Wording wording = wording(keys);
        ShotRule shots = shots(name, keys, data);
        EvalTask task = new EvalTask(name, version, data, wording, shots, TaskQuestions.of(keys));
        keys.requireAllKnown();
        return task;
    }

    private static Object number(String version) {
        try {
            return Double.valueOf(version);
        } catch (NumberFormatException e) {
            return version;
        }
    }

    /// The keys of a file over those of the file it includes.
    private static Map<Object, Object> keys(String where, String text, UnaryOperator<String> included) {
        Matcher function = FUNCTION.matcher(text);
        if (function.find()) {
            throw new TaskException(
                    where,
                    "%s is !function %s: Python code of the task, which is not run here"
                            .formatted(function.group(1), function.group(2)));
        }
        if (!(YamlFile.parse(where, text) instanceof Map<?, ?> own)) {
            throw new TaskException(where, "is no mapping, expected lines such as output_type: multiple_choice");
        }
        Map<Object, Object> all = new LinkedHashMap<>();
        if (own.get("include") instanceof String file) all.putAll(keys(file, included.apply(file), included));
        all.putAll(own);
        all.remove("include");
        return all;
    }

    private static TaskData data(String name, TaskKeys keys) {
        TaskKeys kwargs = keys.inside("dataset_kwargs");
        Map<String, List<String>> files = new LinkedHashMap<>();
        TaskKeys given = kwargs.inside("data_files");
        for (Object split : given.all().keySet()) files.put(String.valueOf(split), given.texts(String.valueOf(split)));
        boolean whole = kwargs.text("sample_by", "line").equals("document");
        TaskData.Format format = switch (keys.text("dataset_path")) {
            case "json" -> TaskData.Format.JSON;
            case "csv" -> TaskData.Format.CSV;
            case "parquet" -> TaskData.Format.PARQUET;
            case "text" -> whole ? TaskData.Format.TEXT : TaskData.Format.LINES;
            default ->
                throw keys.fault(
                        "dataset_path",
                        "is %s, expected json, csv, parquet or text with dataset_kwargs: data_files (nothing is"
                                        .formatted(keys.text("dataset_path"))
                                + " downloaded)");
        };
        kwargs.requireAllKnown();
        String tested = SPLITS.stream()
                .filter(keys::has)
                .map(keys::text)
                .findFirst()
                .orElseThrow(() -> keys.fault("test_split", "is missing, and validation_split, too"));
        return new TaskData(name, format, files, tested);
    }

    private static Wording wording(TaskKeys keys) {
        boolean rolling = keys.text("output_type", "").equals("loglikelihood_rolling");
        Field none = Field.of("task", "");
        List<Field> choices = keys.has("doc_to_choice") ? List.of(keys.field("doc_to_choice")) : List.of();
        Wording.Delimiters between =
                new Wording.Delimiters(keys.text("target_delimiter", " "), keys.text("fewshot_delimiter", "\n\n"));
        return new Wording(
                keys.has("description") ? keys.field("description") : none,
                rolling && !keys.has("doc_to_text") ? none : keys.field("doc_to_text"),
                keys.field("doc_to_target"),
                choices,
                keys.has("gen_prefix") ? keys.field("gen_prefix") : none,
                between);
    }

    private static ShotRule shots(String name, TaskKeys keys, TaskData data) {
        TaskKeys config = keys.inside("fewshot_config");
        String sampler = config.text("sampler", "default");
        if (!sampler.equals("default") && !sampler.equals("first_n")) {
            throw config.fault("sampler", "is " + sampler + ", expected default or first_n");
        }
        String named = config.text("split", keys.text("fewshot_split", ""));
        List<Document> given = new ArrayList<>();
        for (TaskKeys sample : config.parts("samples")) {
            Map<String, Object> fields = new LinkedHashMap<>();
            sample.all().forEach((k, v) -> fields.put(String.valueOf(k), v));
            given.add(new Document(given.size(), fields));
        }
        config.requireAllKnown();
        // lm-evaluation-harness compares the two names; where both are absent they are the same
        boolean same = named.equals(keys.text("test_split", ""));
        String split = named.isEmpty() ? keys.text("training_split", data.tested()) : named;
        return new ShotRule(keys.whole("num_fewshot", 0), split, given, sampler.equals("first_n"), same)
                .with(name, keys.whole("num_fewshot", 0));
    }
}
