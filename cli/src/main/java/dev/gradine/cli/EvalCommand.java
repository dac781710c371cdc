package dev.gradine.cli;

import dev.gradine.cli.evaluation.EvalPage;
import dev.gradine.cli.evaluation.EvalRun;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.eval.Evaluation;
import dev.gradine.eval.ResultFiles;
import dev.gradine.eval.ResultTable;
import dev.gradine.eval.TaskResult;
import dev.gradine.eval.model.PolicyModel;
import dev.gradine.eval.model.TextModel;
import dev.gradine.eval.task.Tasks;
import dev.gradine.train.report.Report;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine eval`: how well a model does on tasks, measured as lm-evaluation-harness measures it.
@Command(
        name = "eval",
        mixinStandardHelpOptions = true,
        modelTransformer = EvalCommand.ModelMayBeAbsent.class,
        subcommands = {EvalListCommand.class, EvalAnswerCommand.class, EvalJudgeCommand.class},
        description =
                "Measure a model on tasks: multiple choice, perplexity, written answers; prompts, numbers and files"
                        + " are those of lm-evaluation-harness.")
final class EvalCommand implements Runnable, ConfigFile.Reader {

    @Mixin
    private ModelArgs model = new ModelArgs();

    @Mixin
    private EvalArgs args = new EvalArgs();

    @Option(names = "--out", paramLabel = "DIR", description = "Write results and all items there.")
    private @Nullable Path out;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    /// `eval list` has no model, and picocli asks a command for what it requires even where a subcommand
    /// is given.
    static final class ModelMayBeAbsent implements IModelTransformer {
        @Override
        public CommandSpec transform(CommandSpec command) {
            OptionSpec required = command.findOption("--model");
            command.remove(required);
            return command.addOption(required.toBuilder().required(false).build());
        }
    }

    @Override
    public void run() {
        if (model.model().toString().isEmpty()) {
            throw new IllegalArgumentException(
                    "--model is missing, expected a folder or a file (see gradine eval --help)");
        }
        long start = System.nanoTime();
        List<Tasks.Found> tasks = args.tasks();
        ResultFiles files = new ResultFiles(out == null ? Path.of("") : out, time());
        if (out != null) files.prepare();
        List<TaskResult> results = new ArrayList<>();
        try (LoadedModel m = model.open()) {
            TextCodec codec = m.codecFor(args.chatTemplate());
            PolicyModel tokens = new PolicyModel(model.policy(m), m.run(), m.ends(codec), args.model());
            TextModel texts = new TextModel(tokens, codec, args.bos());
            Evaluation evaluation = new Evaluation(texts, args.settings(), new EvalProgress(System::nanoTime));
            for (Tasks.Found task : tasks) results.add(evaluation.run(task));
        }
        print(results);
        if (out == null) return;
        files.write(results, about((System.nanoTime() - start) / 1e9));
        Path page = out.resolve(Report.FILE);
        EvalPage.write(page, List.of(EvalRun.read(out)));
        PrintWriter print = spec.commandLine().getOut();
        print.println("results in " + files.results());
        print.println("page in " + page);
        print.flush();
    }

    private void print(List<TaskResult> results) {
        PrintWriter print = spec.commandLine().getOut();
        print.print(ResultTable.of(results));
        for (TaskResult r : results) {
            print.printf("%s: %d of %d items%n", r.task().name(), r.samples().size(), r.documents());
            for (String warning : r.warnings())
                print.printf("%s: warning: %s%n", r.task().name(), warning);
        }
        print.flush();
    }

    private Map<String, Object> about(double seconds) {
        Map<String, Object> config = new LinkedHashMap<>(args.written());
        config.put("model", "gradine");
        config.put("model_args", Map.of("pretrained", model.model().toString(), "peft", adapters()));
        config.put("gradine_version", Main.version());
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("config", config);
        all.put("model_name", model.model().toString());
        all.put("model_source", "gradine");
        all.put("total_evaluation_time_seconds", seconds);
        all.put("date", LocalDateTime.now(ZoneId.systemDefault()).toString());
        return all;
    }

    private String adapters() {
        return String.join(
                ",", model.adapterFolders().stream().map(Path::toString).toList());
    }

    private static String time() {
        return LocalDateTime.now(ZoneId.systemDefault()).toString().replace(':', '-');
    }
}
