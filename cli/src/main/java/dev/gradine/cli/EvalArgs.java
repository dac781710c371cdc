package dev.gradine.cli;

import dev.gradine.eval.Evaluation;
import dev.gradine.eval.document.DataFolders;
import dev.gradine.eval.model.BosRule;
import dev.gradine.eval.model.PolicyModel;
import dev.gradine.eval.task.Prompts;
import dev.gradine.eval.task.Tasks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What a model is asked, and how.
@HelpGroup.Heading("Data")
final class EvalArgs {

    @Option(
            names = "--task",
            split = ",",
            paramLabel = "NAME|FILE",
            description = "Tasks: names of `gradine eval list`, or YAML files with lm-evaluation-harness's keys.")
    private List<String> tasks = new ArrayList<>();

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Where the tasks' files lie, in it or anywhere below; may be given several times.")
    private List<Path> dataFolders = new ArrayList<>();

    @Option(names = "--limit", paramLabel = "N", description = "Ask the first N items of each task (default all).")
    private int limit;

    @Option(
            names = "--num-fewshot",
            paramLabel = "K",
            description = "Examples before each question (default as the task says).")
    private @Nullable Integer shots;

    @Option(names = "--apply-chat-template", description = "Ask as a conversation: one message with examples and all.")
    private boolean chat;

    @Option(
            names = "--fewshot-as-multiturn",
            description = "Each example as two turns of the conversation; needs --apply-chat-template.")
    private boolean turns;

    @Option(
            names = "--system",
            paramLabel = "TEXT",
            description = "System message, or what a plain prompt begins with.")
    private String system = "";

    @Option(
            names = "--chat-template",
            paramLabel = "NAME|FILE",
            description = "Template for conversations in place of the model's own; needs --apply-chat-template.")
    private @Nullable String chatTemplate;

    @Option(
            names = "--add-bos",
            paramLabel = "WHEN",
            defaultValue = "auto",
            description = "Whether texts begin with BOS: auto as the tokenizer does, true, false (default auto).")
    private String bos = "auto";

    @Option(
            names = "--batch-tokens",
            paramLabel = "N",
            defaultValue = "2048",
            description = "Tokens read in one pass (default ${DEFAULT-VALUE}).")
    private int batchTokens;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1234",
            description =
                    "Of examples that are drawn, and of answers of tasks that draw them (default ${DEFAULT-VALUE}).")
    private long seed;

    /// Whether any task is asked for.
    boolean hasTasks() {
        return !tasks.isEmpty();
    }

    /// The tasks asked for.
    ///
    /// @throws IllegalArgumentException if there is none, or one cannot be read
    List<Tasks.Found> tasks() {
        if (tasks.isEmpty()) {
            throw new IllegalArgumentException(
                    "--task is missing, expected a name of `gradine eval list` or a YAML file");
        }
        if (chatTemplate != null && !chat) {
            throw new IllegalArgumentException("--chat-template is given without --apply-chat-template, which uses it");
        }
        List<Tasks.Found> all = new ArrayList<>();
        for (String name : tasks) {
            Tasks.Found found = Tasks.find(name.strip(), new DataFolders(dataFolders));
            all.add(shots == null ? found : new Tasks.Found(found.task().withShots(shots), found.folders()));
        }
        return all;
    }

    Evaluation.Settings settings() {
        return new Evaluation.Settings(new Prompts.Style(chat, turns, system), limit, seed);
    }

    PolicyModel.Settings model() {
        return new PolicyModel.Settings(batchTokens, seed);
    }

    BosRule bos() {
        return BosRule.named(bos);
    }

    /// The chat template chosen; empty for the model's own.
    String chatTemplate() {
        return chatTemplate == null ? "" : chatTemplate;
    }

    /// As the results have it, by lm-evaluation-harness's names.
    Map<String, Object> written() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("apply_chat_template", chat);
        all.put("fewshot_as_multiturn", turns);
        all.put("system_instruction", system);
        all.put("add_bos", bos);
        all.put("limit", limit);
        all.put("batch_tokens", batchTokens);
        all.put("fewshot_seed", seed);
        return all;
    }
}
