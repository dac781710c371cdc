package dev.gradine.cli;

import dev.gradine.cli.evaluation.EvalPage;
import dev.gradine.cli.evaluation.EvalRun;
import dev.gradine.cli.evaluation.ForgettingReport;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.eval.Evaluation;
import dev.gradine.eval.ResultFiles;
import dev.gradine.eval.TaskResult;
import dev.gradine.eval.model.PolicyModel;
import dev.gradine.eval.model.TextModel;
import dev.gradine.eval.task.Tasks;
import dev.gradine.io.Json;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.train.report.Report;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine forgetting`: what training has cost on texts and tasks that it was not for.
@Command(
        name = "forgetting",
        mixinStandardHelpOptions = true,
        description = "Measure what a model could do before and after training: loss on texts, numbers of old tasks,"
                + " each change with the error of the differences item by item.")
final class ForgettingCommand implements Runnable, ConfigFile.Reader {

    private static final String BASE = "base";

    @Mixin
    private ModelArgs model = new ModelArgs();

    @Option(
            names = "--trained",
            paramLabel = "NAME=DIR|FILE",
            description = "Whole model trained from --model; may be given several times, beside adapters or instead.")
    private List<String> trained = new ArrayList<>();

    @Option(
            names = "--text",
            paramLabel = "FILE",
            description = "Texts known before: .jsonl, .json, .csv or .parquet with a column text, or one text, .txt.")
    private @Nullable Path text;

    @Mixin
    private EvalArgs args = new EvalArgs();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Write forgetting.json, a page, and all items of each model there.")
    private @Nullable Path out;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        SequencedMap<String, Path> whole = NamedFolder.all("--trained", trained);
        requireNames(whole);
        List<Tasks.Found> tasks = new ArrayList<>();
        if (text != null) tasks.add(TextTask.of(text));
        if (text == null || args.hasTasks()) tasks.addAll(args.tasks());
        if (out != null) new ResultFiles(out, "").prepare();
        SequencedMap<String, List<TaskResult>> results = new LinkedHashMap<>();
        try (LoadedModel m = model.open()) {
            SequencedMap<String, AdapterSet> adapters = model.named(m);
            results.put(BASE, results(m, Policy.of(m.model()), tasks));
            adapters.forEach((name, set) -> results.put(name, results(m, new Policy(m.model(), set), tasks)));
        }
        whole.forEach((name, source) -> {
            try (LoadedModel m = model.open(source)) {
                results.put(name, results(m, Policy.of(m.model()), tasks));
            }
        });
        report(results);
    }

    private void requireNames(SequencedMap<String, Path> whole) {
        List<String> names = new ArrayList<>(model.folders().sequencedKeySet());
        names.addAll(whole.sequencedKeySet());
        if (names.isEmpty()) {
            throw new IllegalArgumentException(
                    "--adapter and --trained are missing, expected NAME=DIR of what was trained from --model");
        }
        names.add(BASE);
        for (String name : names) {
            if (names.indexOf(name) == names.lastIndexOf(name)) continue;
            throw new IllegalArgumentException(
                    "--adapter, --trained: two are called %s, expected one (%s is --model)".formatted(name, BASE));
        }
    }

    private List<TaskResult> results(LoadedModel m, Policy policy, List<Tasks.Found> tasks) {
        TextCodec codec = m.codecFor(args.chatTemplate());
        PolicyModel tokens = new PolicyModel(policy, m.run(), m.ends(codec), args.model());
        Evaluation evaluation = new Evaluation(
                new TextModel(tokens, codec, args.bos()), args.settings(), new EvalProgress(System::nanoTime));
        return tasks.stream().map(evaluation::run).toList();
    }

    private void report(SequencedMap<String, List<TaskResult>> results) {
        SequencedMap<String, List<TaskResult>> after = new LinkedHashMap<>(results);
        List<TaskResult> before = after.pollFirstEntry().getValue();
        ForgettingReport forgetting = ForgettingReport.of(before, after);
        PrintWriter print = spec.commandLine().getOut();
        print.print(forgetting.table());
        if (out != null) {
            write(out, results, forgetting);
            print.println("numbers in " + out.resolve("forgetting.json"));
            print.println("page in " + out.resolve(Report.FILE));
        }
        print.flush();
    }

    private void write(Path folder, SequencedMap<String, List<TaskResult>> results, ForgettingReport forgetting) {
        String time = LocalDateTime.now(ZoneId.systemDefault()).toString().replace(':', '-');
        List<EvalRun> runs = new ArrayList<>();
        results.forEach((name, own) -> {
            ResultFiles files = new ResultFiles(folder.resolve(name), time);
            files.prepare();
            files.write(own, Map.of("config", args.written(), "model_name", name, "model_source", "gradine"));
            runs.add(EvalRun.read(files.folder()));
        });
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("model", model.model().toString());
        json.put("config", args.written());
        json.put("changes", forgetting.json());
        Json.write(folder.resolve("forgetting.json"), json);
        EvalPage.write(folder.resolve(Report.FILE), runs, forgetting);
    }
}
